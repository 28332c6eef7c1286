#include "observe/decode.h"

#include "base/path.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <vector>

namespace sandfit::observe {
namespace {

static_assert(static_cast<int>(FileOp::map) == SF_OP_MAP && static_cast<int>(FileOp::remove) == SF_OP_REMOVE);

/// Takes structs and strings off the front; once something is missing, everything is.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <typename T>
    T take() {
        T value{};
        if (rest_.size() < sizeof(T)) {
            failed_ = true;
            return value;
        }
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    std::string_view take_text(std::size_t length) {
        if (rest_.size() < length) {
            failed_ = true;
            return {};
        }
        const std::string_view text(reinterpret_cast<const char*>(rest_.data()), length);
        rest_ = rest_.subspan(length);
        return text;
    }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    std::span<const std::byte> rest_;
    bool failed_ = false;
};

// Names, leaf first, each with its NUL -> "/a/b/leaf".
WalkedPath assemble(std::string_view names, std::uint32_t flags) {
    std::vector<std::string_view> parts;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find('\0'), names.size());
        parts.push_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    WalkedPath out;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        out.path += '/';
        out.path += *part;
    }
    if (out.path.empty()) out.path = "/";
    out.cut = (flags & (SF_FLAG_CUT | SF_FLAG_DETACHED)) != 0;
    return out;
}

std::string c_string(std::string_view text) { return std::string(text.substr(0, text.find('\0'))); }

// What the kernel accepts for AF_INET6: without the scope id (SIN6_LEN_RFC2133).
constexpr std::size_t kSockaddrIn6Minimum = 24;

constexpr std::array<std::pair<unsigned, const char*>, 33> kFamilies{{
    {AF_UNSPEC, "AF_UNSPEC"}, {AF_UNIX, "AF_UNIX"},       {AF_INET, "AF_INET"},       {AF_AX25, "AF_AX25"},
    {AF_IPX, "AF_IPX"},       {AF_APPLETALK, "AF_APPLETALK"}, {AF_X25, "AF_X25"},     {AF_INET6, "AF_INET6"},
    {AF_DECnet, "AF_DECnet"}, {AF_KEY, "AF_KEY"},         {AF_NETLINK, "AF_NETLINK"}, {AF_PACKET, "AF_PACKET"},
    {AF_RDS, "AF_RDS"},       {AF_PPPOX, "AF_PPPOX"},     {AF_LLC, "AF_LLC"},         {AF_IB, "AF_IB"},
    {AF_MPLS, "AF_MPLS"},     {AF_CAN, "AF_CAN"},         {AF_TIPC, "AF_TIPC"},       {AF_BLUETOOTH, "AF_BLUETOOTH"},
    {AF_ALG, "AF_ALG"},       {AF_VSOCK, "AF_VSOCK"},     {AF_KCM, "AF_KCM"},         {AF_XDP, "AF_XDP"},
    {AF_SMC, "AF_SMC"},       {AF_QIPCRTR, "AF_QIPCRTR"}, {AF_IUCV, "AF_IUCV"},       {AF_RXRPC, "AF_RXRPC"},
    {AF_ISDN, "AF_ISDN"},     {AF_PHONET, "AF_PHONET"},   {AF_IEEE802154, "AF_IEEE802154"}, {AF_CAIF, "AF_CAIF"},
    {AF_NFC, "AF_NFC"},
}};

StringPath string_path(Reader& reader, std::uint32_t flags, std::uint32_t base_length, std::uint32_t path_length) {
    StringPath out;
    out.base = assemble(reader.take_text(base_length), flags);
    out.string = c_string(reader.take_text(path_length));
    out.relative = (flags & SF_FLAG_RELATIVE) != 0;
    out.follow = (flags & SF_FLAG_FOLLOW) != 0;
    out.walked = (flags & SF_FLAG_WALKED) != 0;
    return out;
}

}  // namespace

std::string family_name(unsigned family) {
    for (const auto& [number, name] : kFamilies) {
        if (number == family) return name;
    }
    return fmt::format("#{}", family);
}

std::string socket_type_name(unsigned type) {
    switch (type) {
        case SOCK_STREAM: return "SOCK_STREAM";
        case SOCK_DGRAM: return "SOCK_DGRAM";
        case SOCK_RAW: return "SOCK_RAW";
        case SOCK_RDM: return "SOCK_RDM";
        case SOCK_SEQPACKET: return "SOCK_SEQPACKET";
        case SOCK_DCCP: return "SOCK_DCCP";
        case SOCK_PACKET: return "SOCK_PACKET";
        default: return fmt::format("#{}", type);
    }
}

FileKind kind_of_mode(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return FileKind::regular;
        case S_IFDIR: return FileKind::directory;
        case S_IFLNK: return FileKind::symlink;
        case S_IFIFO: return FileKind::fifo;
        case S_IFSOCK: return FileKind::socket;
        case S_IFCHR: return FileKind::char_device;
        case S_IFBLK: return FileKind::block_device;
        default: return FileKind::unknown;
    }
}

FileOp file_op(sf_op op) { return op <= SF_OP_MAP ? static_cast<FileOp>(op) : FileOp::read; }

std::optional<AddressFact> decode_address(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(sa_family_t)) return std::nullopt;
    sockaddr_storage storage{};
    std::memcpy(&storage, bytes.data(), std::min(bytes.size(), sizeof(storage)));
    AddressFact fact;
    fact.family = family_name(storage.ss_family);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (storage.ss_family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
        const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
        fact.port = ntohs(address->sin_port);
        fact.address = inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
    } else if (storage.ss_family == AF_INET6 && bytes.size() >= kSockaddrIn6Minimum) {
        const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
        fact.port = ntohs(address->sin6_port);
        fact.address = inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
    } else if (storage.ss_family == AF_UNIX) {
        const std::size_t length = std::min(bytes.size(), sizeof(sockaddr_un)) - sizeof(sa_family_t);
        const std::string_view path(reinterpret_cast<const sockaddr_un*>(&storage)->sun_path, length);
        if (!path.empty() && path.front() == '\0') {
            fact.abstract = true;
            fact.address = path.substr(1);  // an abstract name may hold NULs; its length is the address's
        } else {
            fact.address = c_string(path);  // empty: autobind
        }
    } else if (storage.ss_family == AF_NETLINK && bytes.size() >= sizeof(sockaddr_nl)) {
        // Port identifiers are process numbers: no two runs agree about them, and nothing is derived from them.
        fact.address = "";
    }
    return fact;
}

std::optional<Record> decode(std::span<const std::byte> bytes) {
    Reader reader(bytes);
    Record record;
    record.header = reader.take<sf_header>();
    switch (record.header.kind) {
        case SF_RECORD_SYSCALL:
        case SF_RECORD_REFUSAL: break;
        case SF_RECORD_FILE: {
            const auto file = reader.take<sf_file>();
            FileRecord out;
            out.op = static_cast<sf_op>(record.header.key.op);
            out.path = assemble(reader.take_text(file.length), file.flags);
            out.kind = kind_of_mode(file.mode);
            out.mode = file.mode & 07777;
            out.flags = file.flags;
            out.gained = file.gained;
            out.file_system = c_string({file.file_system, sizeof(file.file_system)});
            record.payload = std::move(out);
            break;
        }
        case SF_RECORD_PATH: {
            const auto path = reader.take<sf_path>();
            PathRecord out;
            out.op = static_cast<sf_op>(record.header.key.op);
            out.mode = path.mode;
            out.first = string_path(reader, path.flags, path.base_length, path.path_length);
            if (path.path2_length != 0) {
                out.second = string_path(reader, path.flags2, path.base2_length, path.path2_length);
            }
            record.payload = std::move(out);
            break;
        }
        case SF_RECORD_CAPABILITY: record.payload = reader.take<sf_capability>(); break;
        case SF_RECORD_CAPSET: record.payload = reader.take<sf_capset>(); break;
        case SF_RECORD_MISSED: record.payload = reader.take<sf_missed>(); break;
        case SF_RECORD_REQUEST: record.payload = reader.take<sf_request>(); break;
        case SF_RECORD_SOCKET: {
            const auto socket = reader.take<sf_socket>();
            record.payload = SocketFact{family_name(socket.family), socket_type_name(socket.type),
                                        static_cast<int>(socket.protocol), record.header.key.error};
            break;
        }
        case SF_RECORD_ADDRESS: {
            const auto address = reader.take<sf_address>();
            if (address.length > SF_SOCKADDR_MAX) return std::nullopt;
            auto fact = decode_address(std::as_bytes(std::span(address.bytes, address.length)));
            if (!fact) return std::nullopt;
            fact->op = record.header.key.op == SF_OP_BIND      ? AddressOp::bind
                       : record.header.key.op == SF_OP_CONNECT ? AddressOp::connect
                                                               : AddressOp::send;
            fact->error = record.header.key.error;
            record.payload = std::move(*fact);
            break;
        }
        default: return std::nullopt;
    }
    if (reader.failed()) return std::nullopt;
    return record;
}

}  // namespace sandfit::observe
