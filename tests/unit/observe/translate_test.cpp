// Records of changed paths: what a hook walked is taken as it is, whatever lies on this host; and what tells no fact.
#include "support/catch.h"

#include "observe/decode.h"
#include "observe/translate.h"

#include <sys/stat.h>

#include <cstring>

using namespace sandfit;
using namespace sandfit::observe;

namespace {

struct Place {
    std::string base;  // names leaf first, each with its NUL
    std::string name;
    std::uint32_t flags = SF_FLAG_WALKED | SF_FLAG_RELATIVE;
};

std::vector<std::byte> path_record(sf_op op, const Place& one, const Place* two, std::uint32_t mode) {
    sf_header header{};
    header.kind = SF_RECORD_PATH;
    header.key.op = static_cast<__u16>(op);
    header.syscall = -1;
    sf_path path{};
    path.flags = one.flags;
    path.mode = mode;
    path.base_length = static_cast<__u32>(one.base.size());
    path.path_length = static_cast<__u32>(one.name.size() + 1);
    std::string strings = one.base + one.name + '\0';
    if (two != nullptr) {
        path.flags2 = two->flags;
        path.base2_length = static_cast<__u32>(two->base.size());
        path.path2_length = static_cast<__u32>(two->name.size() + 1);
        strings += two->base + two->name + '\0';
    }
    std::vector<std::byte> out(sizeof(header) + sizeof(path) + strings.size());
    std::memcpy(out.data(), &header, sizeof(header));
    std::memcpy(out.data() + sizeof(header), &path, sizeof(path));
    std::memcpy(out.data() + sizeof(header) + sizeof(path), strings.data(), strings.size());
    return out;
}

std::string names(std::initializer_list<std::string> leaf_first) {
    std::string out;
    for (const auto& name : leaf_first) out += name + '\0';
    return out;
}

template <typename T>
T only_fact(const std::vector<std::byte>& bytes) {
    Translator translator([](std::uint32_t) { return std::vector<pid_t>{}; });
    const auto record = decode(bytes);
    REQUIRE(record.has_value());
    const auto translation = translator.translate(*record);
    REQUIRE(translation.facts.size() == 1);
    return std::get<T>(translation.facts.front());
}

}  // namespace

TEST_CASE("a name that a hook found is joined to its directory, and nothing is looked up") {
    // /proc/self would lead to us, were it followed
    const auto made = only_fact<FileFact>(path_record(SF_OP_MAKE_DIRECTORY, {names({"self", "proc"}), "d"}, nullptr, 0750));
    CHECK(made.directory == "/proc/self");
    CHECK(made.names == std::set<std::string>{"d"});
    CHECK(made.kind == FileKind::directory);
    CHECK(made.modes == 0750);
    CHECK(made.resolution == Resolution::walked);
}

TEST_CASE("a path itself that a hook found has its own kind") {
    const auto changed = only_fact<FileFact>(
        path_record(SF_OP_CHANGE_MODE, {names({"pipe", "sub", "srv"}), ""}, nullptr, S_IFIFO | 0600));
    CHECK(changed.directory == "/srv/sub");
    CHECK(changed.names == std::set<std::string>{"pipe"});
    CHECK(changed.kind == FileKind::fifo);
    CHECK(changed.modes == 0600);
    CHECK(changed.resolution == Resolution::walked);
}

TEST_CASE("a rename that a hook found carries both directories, and a walk that was cut is no path") {
    const Place to{names({"b", "srv"}), "new"};
    const auto moved = only_fact<MoveFact>(path_record(SF_OP_RENAME, {names({"a", "srv"}), "old"}, &to, 0));
    CHECK(moved.from_directory == "/srv/a");
    CHECK(moved.to_directory == "/srv/b");
    CHECK(moved.from_names == std::set<std::string>{"old"});
    CHECK(moved.to_names == std::set<std::string>{"new"});
    CHECK(moved.resolution == Resolution::walked);

    const Place cut{names({"b", "srv"}), "new", SF_FLAG_WALKED | SF_FLAG_RELATIVE | SF_FLAG_CUT};
    CHECK(only_fact<MoveFact>(path_record(SF_OP_RENAME, {names({"a", "srv"}), "old"}, &cut, 0)).resolution == Resolution::cut);
}
