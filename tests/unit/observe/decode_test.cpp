// Records are made by our kernel programs but carry the observed program's strings: no bytes may break decode().
#include "support/catch.h"

#include "observe/decode.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>
#include <random>

using namespace sandfit;
using namespace sandfit::observe;

namespace {

std::vector<std::byte> file_record(std::uint32_t flags, const std::string& names, std::uint32_t length) {
    sf_header header{};
    header.kind = SF_RECORD_FILE;
    header.key.op = SF_OP_CREATE;
    const sf_file file{flags, S_IFREG | 0640, length, 0, 0, {}};
    std::vector<std::byte> out(sizeof(header) + sizeof(file) + names.size());
    std::memcpy(out.data(), &header, sizeof(header));
    std::memcpy(out.data() + sizeof(header), &file, sizeof(file));
    std::memcpy(out.data() + sizeof(header) + sizeof(file), names.data(), names.size());
    return out;
}

std::string names(std::initializer_list<std::string> leaf_first) {
    std::string out;
    for (const auto& name : leaf_first) out += name + '\0';
    return out;
}

}  // namespace

TEST_CASE("the type of a file's file system is read to its end, and no further than its field") {
    auto bytes = file_record(0, "", 0);
    auto* type = reinterpret_cast<char*>(bytes.data()) + sizeof(sf_header) + offsetof(sf_file, file_system);
    std::memcpy(type, "ext4\0old", 8);
    CHECK(std::get<FileRecord>(decode(bytes)->payload).file_system == "ext4");
    std::memset(type, 'x', SF_FILE_SYSTEM_MAX);
    CHECK(std::get<FileRecord>(decode(bytes)->payload).file_system == std::string(SF_FILE_SYSTEM_MAX, 'x'));
}

TEST_CASE("names leaf first become an absolute path") {
    const auto text = names({"file", "sub", "var"});
    const auto record = decode(file_record(0, text, static_cast<std::uint32_t>(text.size())));
    REQUIRE(record.has_value());
    const auto& file = std::get<FileRecord>(record->payload);
    CHECK(file.path.path == "/var/sub/file");
    CHECK_FALSE(file.path.cut);
    CHECK(file.kind == FileKind::regular);
    CHECK(file.mode == 0640);
}

TEST_CASE("no names are the root directory, and a cut walk is marked") {
    CHECK(std::get<FileRecord>(decode(file_record(0, "", 0))->payload).path.path == "/");
    const auto text = names({"leaf"});
    CHECK(std::get<FileRecord>(decode(file_record(SF_FLAG_CUT, text, 5))->payload).path.cut);
    CHECK(std::get<FileRecord>(decode(file_record(SF_FLAG_DETACHED, text, 5))->payload).path.cut);
}

TEST_CASE("a length beyond the record is refused") {
    CHECK_FALSE(decode(file_record(0, "abc", 4)).has_value());
    CHECK_FALSE(decode(file_record(0, "abc", 0xffffffff)).has_value());
    CHECK_FALSE(decode({}).has_value());
}

TEST_CASE("random bytes never break the decoder") {
    std::mt19937 random(20261122);
    std::vector<std::byte> bytes(512);
    int decoded = 0;
    for (int round = 0; round < 200'000; ++round) {
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        sf_header header{};
        std::memcpy(&header, bytes.data(), sizeof(header));
        header.kind = static_cast<__u16>(random() % 10);
        std::memcpy(bytes.data(), &header, sizeof(header));
        const std::size_t length = random() % (bytes.size() + 1);
        if (round % 2 == 0 && header.kind == SF_RECORD_FILE) {
            const __u32 small = random() % 300;
            std::memcpy(bytes.data() + sizeof(header) + offsetof(sf_file, length), &small, sizeof(small));
        }
        decoded += decode(std::span(bytes).first(length)).has_value() ? 1 : 0;
    }
    CHECK(decoded > 1000);
}

TEST_CASE("addresses are read by family") {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(8080);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto inet = decode_address(std::as_bytes(std::span(&v4, 1)));
    REQUIRE(inet.has_value());
    CHECK(inet->family == "AF_INET");
    CHECK(inet->address == "127.0.0.1");
    CHECK(inet->port == 8080);

    const std::string abstract("\1\0\0name", 7);  // AF_UNIX, then a NUL: an abstract name
    const auto hidden = decode_address(std::as_bytes(std::span(abstract.data(), abstract.size())));
    REQUIRE(hidden.has_value());
    CHECK(hidden->abstract);
    CHECK(hidden->address == "name");

    CHECK_FALSE(decode_address(std::as_bytes(std::span(abstract.data(), 1))).has_value());
    CHECK(family_name(AF_NETLINK) == "AF_NETLINK");
    CHECK(family_name(12345) == "#12345");
}
