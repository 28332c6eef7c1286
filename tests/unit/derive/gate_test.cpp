// The gate: that each rule's account of what its value forbids can say yes, and what becomes of a refused suggestion.
#include "derive/gate.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "case_reader.h"
#include "derive/coverage.h"
#include "derive/derive.h"
#include "derive/verdict.h"
#include "support/catch.h"

namespace {

using namespace sandfit;

struct Refusal {
    std::string directive;
    std::vector<std::string> items;
    Fact refused;
    Fact allowed;
};

FileFact file(FileOp op, std::string directory, std::string name) {
    FileFact fact;
    fact.op = op;
    fact.directory = std::move(directory);
    fact.kind = FileKind::regular;
    fact.names = {std::move(name)};
    return fact;
}

MoveFact move(std::string from, std::string to) {
    MoveFact fact;
    fact.from_directory = std::move(from);
    fact.to_directory = std::move(to);
    return fact;
}

ExecFact exec(bool set_user_id) {
    ExecFact fact;
    fact.path = "/usr/bin/helper";
    fact.set_user_id = set_user_id;
    return fact;
}

CapabilityFact capability(std::string name) {
    CapabilityFact fact;
    fact.capability = std::move(name);
    fact.syscall = "openat";
    fact.granted = true;
    return fact;
}

FileFact with_mode(FileFact fact, std::uint32_t mode) {
    fact.modes = mode;
    return fact;
}

FileFact with_error(FileFact fact, int error) {
    fact.error = error;
    return fact;
}

AddressFact internet(AddressOp op, std::string address) {
    AddressFact fact;
    fact.op = op;
    fact.family = address.find(':') == std::string::npos ? "AF_INET" : "AF_INET6";
    fact.address = std::move(address);
    fact.port = 80;
    return fact;
}

AddressFact unix_address(std::string address, bool abstract) {
    AddressFact fact;
    fact.op = AddressOp::connect;
    fact.family = "AF_UNIX";
    fact.address = std::move(address);
    fact.abstract = abstract;
    return fact;
}

std::vector<Refusal> refusals() {
    const FileFact in_srv = file(FileOp::create, "/srv/a", "x");
    return {
        {"RuntimeDirectory",
         {"demo"},
         file(FileOp::remove_directory, "/run", "demo"),
         file(FileOp::create, "/run/demo", "x")},
        {"StateDirectory", {"demo"}, move("/var/lib/demo", "/var/lib/x"), move("/var/lib/demo/a", "/var/lib/demo/b")},
        {"CacheDirectory", {"demo"}, move("/var/cache/x", "/var/cache/demo"), move("/var/cache/x", "/var/cache/y")},
        {"LogsDirectory", {"demo"}, file(FileOp::remove_directory, "/var/log", "demo"), in_srv},
        {"PrivateTmp", {"yes"}, file(FileOp::make_socket, "/tmp", "s"), file(FileOp::create, "/tmp", "s")},
        {"ProtectSystem", {"strict"}, in_srv, file(FileOp::write, "/proc/1", "x")},
        {"ProtectSystem", {"full"}, file(FileOp::write, "/etc/demo", "x"), in_srv},
        {"ProtectSystem", {"yes"}, file(FileOp::write, "/usr/lib", "x"), file(FileOp::write, "/etc/demo", "x")},
        {"ReadWritePaths", {"/srv/a", "/srv/b"}, move("/srv/a", "/srv/b"), move("/srv/a/x", "/srv/a/y")},
        {"ReadOnlyPaths", {"/run"}, file(FileOp::create, "/run/demo", "x"), in_srv},
        {"ReadOnlyPaths", {"-/srv/a"}, move("/srv/b", "/srv/a/x"), file(FileOp::create, "/run/demo", "x")},
        {"NoExecPaths", {"-/usr/bin"}, exec(false), file(FileOp::read, "/usr/bin", "helper")},
        {"NoExecPaths", {"-/run/x"}, file(FileOp::map, "/run/x", "x.so"), file(FileOp::map, "/run", "x.so")},
        {"NoExecPaths",
         {"-/run/x"},
         file(FileOp::map, "/run/x/y", "x.so"),
         with_error(file(FileOp::map, "/run/x/y", "x.so"), EPERM)},
        {"NoExecPaths", {"-/srv/a/x"}, file(FileOp::execute, "/srv/a", "x"), file(FileOp::execute, "/srv/a", "y")},
        {"NoExecPaths", {"/tmp"}, file(FileOp::execute, "/tmp/x", "script"), exec(false)},
        {"NoExecPaths", {"/tmp"}, SyscallFact{"mount", Abi::native, false}, file(FileOp::create, "/srv/a", "x")},
        {"InaccessiblePaths", {"-/srv"}, file(FileOp::look, "/", "srv"), file(FileOp::look, "/", "sr")},
        {"InaccessiblePaths", {"-/usr/bin"}, exec(false), file(FileOp::read, "/usr", "bin.x")},
        {"InaccessiblePaths",
         {"-/srv"},
         with_error(in_srv, ENOENT),
         with_error(file(FileOp::look, "/", "srv"), ENOENT)},
        {"NoNewPrivileges", {"yes"}, exec(true), exec(false)},
        {"CapabilityBoundingSet", {"CAP_CHOWN"}, capability("CAP_SETUID"), capability("CAP_CHOWN")},
        {"RestrictAddressFamilies",
         {"AF_UNIX"},
         SocketFact{"AF_INET", "SOCK_STREAM", 0, 0},
         SocketFact{"AF_UNIX", "SOCK_STREAM", 0, 0}},
        {"SystemCallFilter",
         {"@basic-io"},
         SyscallFact{"chown", Abi::native, false},
         SyscallFact{"read", Abi::native, false}},
        {"SystemCallFilter",
         {"read"},
         SyscallFact{"#463", Abi::native, false},
         SyscallFact{"exit_group", Abi::native, false}},
        {"SystemCallArchitectures",
         {"native"},
         SyscallFact{"read", Abi::compat, false},
         SyscallFact{"read", Abi::native, false}},
        {"LockPersonality",
         {"yes"},
         RequestFact{Request::personality, "0xffffffff", 0},
         RequestFact{Request::personality, "0x0", 0}},
        {"RestrictRealtime",
         {"yes"},
         RequestFact{Request::scheduling, "SCHED_RR", 0},
         RequestFact{Request::scheduling, "SCHED_BATCH", 0}},
        {"RestrictSUIDSGID", {"yes"}, with_mode(in_srv, 02755), with_mode(in_srv, 01777)},
        {"RestrictSUIDSGID",
         {"yes"},
         SyscallFact{"openat2", Abi::native, false},
         SyscallFact{"openat", Abi::native, false}},
        {"MemoryDenyWriteExecute",
         {"yes"},
         RequestFact{Request::writable_code, "mmap", ENOMEM},
         RequestFact{Request::writable_code, "mmap", EPERM}},
        {"RestrictNamespaces",
         {"yes"},
         RequestFact{Request::namespace_, "uts", 0},
         RequestFact{Request::namespace_, "uts", EPERM}},
        {"RestrictNamespaces",
         {"uts", "user"},
         RequestFact{Request::namespace_, "any", 0},
         RequestFact{Request::namespace_, "user", 0}},
        {"RestrictNamespaces",
         {"~user", "net"},
         RequestFact{Request::namespace_, "net", 0},
         RequestFact{Request::namespace_, "mnt", 0}},
        {"KeyringMode",
         {"private"},
         SyscallFact{"add_key", Abi::native, false},
         SyscallFact{"read", Abi::native, false}},
        {"RemoveIPC", {"yes"}, file(FileOp::write, "/dev/shm", "x"), file(FileOp::look, "/dev/shm", "x")},
        {"PrivateIPC", {"yes"}, file(FileOp::read, "/proc/sysvipc", "shm"), file(FileOp::write, "/dev/shm", "x")},
        {"PrivateIPC", {"yes"}, SyscallFact{"mount", Abi::native, false}, SyscallFact{"read", Abi::native, false}},
        {"UMask", {"0077"}, with_mode(in_srv, 0640), with_mode(in_srv, 0600)},
        {"UMask", {"0027"}, with_mode(in_srv, 0604), with_mode(in_srv, 0640)},
        {"PrivateUsers", {"yes"}, capability("CAP_CHOWN"), file(FileOp::read, "/proc/self", "status")},
        {"PrivateUsers", {"yes"}, exec(true), exec(false)},
        {"PrivateNetwork",
         {"yes"},
         SocketFact{"AF_NETLINK", "SOCK_RAW", 0, 0},
         SocketFact{"AF_UNIX", "SOCK_STREAM", 0, 0}},
        {"PrivateNetwork", {"yes"}, unix_address("demo", true), unix_address("/run/demo", false)},
        {"IPAddressDeny", {"any"}, internet(AddressOp::connect, "127.0.0.1"), unix_address("/run/demo", false)},
        {"IPAddressDeny",
         {"10.0.0.0/8"},
         internet(AddressOp::send, "10.255.0.1"),
         internet(AddressOp::connect, "11.0.0.1")},
        {"IPAddressDeny",
         {"link-local", "multicast"},
         internet(AddressOp::send, "fe80::1"),
         internet(AddressOp::connect, "::1")},
        {"RestrictNetworkInterfaces",
         {"lo"},
         internet(AddressOp::bind, "0.0.0.0"),
         internet(AddressOp::connect, "0.0.0.0")},
        {"RestrictFileSystems", {"ext4", "proc"}, FileSystemFact{"xfs"}, FileSystemFact{"proc"}},
        {"RestrictFileSystems", {"~tmpfs", "xfs"}, FileSystemFact{"tmpfs"}, FileSystemFact{"ext4"}},
        {"SocketBindDeny",
         {"any"},
         internet(AddressOp::bind, "127.0.0.1"),
         internet(AddressOp::connect, "127.0.0.1")},
        {"Delegate",
         {"no"},
         file(FileOp::write, "/sys/fs/cgroup/demo", "cgroup.procs"),
         file(FileOp::read, "/sys/fs/cgroup/demo", "cgroup.procs")},
        {"NotifyAccess",
         {"none"},
         unix_address("/run/systemd/notify", false),
         unix_address("/run/systemd/journal/socket", false)},
    };
}

/// A proposal in the order of the table in which only one directive is suggested.
std::vector<Suggestion> only(const std::string& directive, const std::vector<std::string>& items) {
    std::vector<Suggestion> proposal;
    for (const auto& rule : derive::rule_table()) {
        proposal.push_back(rule.directive == directive
                               ? derive::suggest(directive, ValueForm::words, items, "for a test")
                               : derive::abstain(rule.directive, "for a test"));
    }
    return proposal;
}

bool is_refused(const std::string& directive, const std::vector<std::string>& items, const Fact& fact,
                const UnitSettings& settings = {}) {
    Profile profile;
    profile.unit = "demo.service";
    profile.host.architecture = "x86_64";
    profile.settings = settings;
    profile.facts.push_back({fact, {}});
    static const Host host = test::read_host_file("debian-12");
    return derive::first_denial(profile, host, Tightness::balanced, only(directive, items)).has_value();
}

TEST_CASE("Each directive's account of what it forbids tells the forbidden from the allowed") {
    for (const auto& one : refusals()) {
        INFO(one.directive << ": " << derive::describe(one.refused));
        CHECK(is_refused(one.directive, one.items, one.refused));
        INFO(one.directive << ": " << derive::describe(one.allowed));
        CHECK_FALSE(is_refused(one.directive, one.items, one.allowed));
    }
}

TEST_CASE("An ambient set without a capability that was needed is refused") {
    UnitSettings settings;
    settings.values["AmbientCapabilities"] = {"CAP_CHOWN", "CAP_SETUID"};
    CHECK(is_refused("AmbientCapabilities", {"CAP_CHOWN"}, capability("CAP_SETUID"), settings));
    CHECK_FALSE(is_refused("AmbientCapabilities", {"CAP_CHOWN"}, capability("CAP_CHOWN"), settings));
}

TEST_CASE("With User= a set-user-ID program is refused by whatever seccomp enforces") {
    UnitSettings settings;
    settings.values["User"] = {"demo"};
    for (const char* directive :
         {"SystemCallFilter", "RestrictAddressFamilies", "SystemCallArchitectures", "LockPersonality",
          "RestrictRealtime", "RestrictSUIDSGID", "MemoryDenyWriteExecute", "RestrictNamespaces"}) {
        INFO(directive);
        CHECK(is_refused(directive, {"AF_UNIX"}, exec(true), settings));
        CHECK_FALSE(is_refused(directive, {"AF_UNIX"}, exec(true)));
    }
}

TEST_CASE("Under NoExecPaths= the nearest mount decides, and one of another directive inherits nothing") {
    const auto in = [](const char* directory) { return file(FileOp::map, directory, "x.so"); };
    UnitSettings settings;
    settings.values["ExecPaths"] = {"-/srv/x/lib"};
    settings.values["ProtectSystem"] = {"strict"};
    settings.values["ReadWritePaths"] = {"-/srv/x/y"};
    CHECK(is_refused("NoExecPaths", {"-/srv/x"}, in("/srv/x"), settings));
    CHECK(is_refused("NoExecPaths", {"-/srv/x"}, in("/srv/x/a"), settings));
    CHECK_FALSE(is_refused("NoExecPaths", {"-/srv/x"}, in("/srv/x/lib/a"), settings));
    CHECK_FALSE(is_refused("NoExecPaths", {"-/srv/x"}, in("/srv/x/y"), settings));
    CHECK(is_refused("NoExecPaths", {"-/srv/x", "-/srv/x/y"}, in("/srv/x/y/z"), settings));
    CHECK(is_refused("NoExecPaths", {"-/srv/x/lib"}, in("/srv/x/lib"), settings));  // of one path, NoExecPaths=
}

TEST_CASE("What the unit's own setting refuses already is not refused anew") {
    UnitSettings settings;
    settings.values["SystemCallFilter"] = {"~chown"};
    CHECK_FALSE(is_refused("SystemCallFilter", {"read"}, SyscallFact{"chown", Abi::native, false}, settings));
    settings.values["RestrictAddressFamilies"] = {"AF_UNIX"};
    CHECK_FALSE(
        is_refused("RestrictAddressFamilies", {"AF_UNIX"}, SocketFact{"AF_INET", "SOCK_RAW", 0, 0}, settings));
}

TEST_CASE("A verdict that is settled is not asked for again, and later rules rely on it") {
    Profile profile;
    profile.unit = "demo.service";
    for (const Subject subject : {Subject::files, Subject::sockets, Subject::syscalls})
        profile.coverage.subjects[subject] = {true, "t", {}};
    profile.coverage.phases = {Phase::start};
    profile.facts.push_back({file(FileOp::create, "/var/lib/demo", "x"), {}});
    profile.directories["/var/lib/demo"] = {true, true, 0755, "root", "root", false, "ext4"};
    const auto find = [](const std::vector<Suggestion>& all, const std::string& directive) {
        return *std::find_if(all.begin(), all.end(),
                             [&](const Suggestion& made) { return made.directive == directive; });
    };
    const auto free = derive::conclude_all(profile, {}, Tightness::balanced, {});
    CHECK(find(free, "StateDirectory").verdict == Verdict::suggest);
    CHECK(find(free, "ReadWritePaths").verdict == Verdict::abstain);
    const derive::Settled settled = {{"StateDirectory", derive::abstain("StateDirectory", "settled")}};
    const auto bound = derive::conclude_all(profile, {}, Tightness::balanced, settled);
    CHECK(find(bound, "StateDirectory").reason == "settled");
    CHECK(find(bound, "ReadWritePaths").items == std::vector<std::string>{"/var/lib/demo"});
}

TEST_CASE("What IPAddressDeny= forbids is what IPAddressAllow= leaves of it, suggested or of the unit") {
    const auto connects = [](const char* address) { return internet(AddressOp::connect, address); };
    UnitSettings settings;
    settings.values["IPAddressAllow"] = {"127.0.0.0/8", "192.0.2.0/25"};
    CHECK_FALSE(is_refused("IPAddressDeny", {"any"}, connects("127.9.9.9"), settings));
    CHECK_FALSE(is_refused("IPAddressDeny", {"any"}, connects("192.0.2.127"), settings));
    CHECK(is_refused("IPAddressDeny", {"any"}, connects("192.0.2.128"), settings));
    CHECK(is_refused("IPAddressDeny", {"any"}, connects("::1"), settings));
    // Somebody of the range may be a client.
    CHECK_FALSE(is_refused("IPAddressDeny", {"any"}, internet(AddressOp::bind, "0.0.0.0"), settings));
    settings.values["IPAddressAllow"] = {"localhost"};
    CHECK_FALSE(is_refused("IPAddressDeny", {"any"}, connects("::ffff:127.0.0.1"), settings));
    CHECK(is_refused("IPAddressDeny", {"any"}, internet(AddressOp::bind, "0.0.0.0"), settings));
    CHECK(is_refused("IPAddressDeny", {"any"}, SocketFact{"AF_INET", "SOCK_RAW", 0, 0}, settings));
    CHECK(is_refused("IPAddressDeny", {"any"}, connects("no address"), settings));
}

TEST_CASE("Values that no unit file can hold do not leave") {
    using derive::unwritable;
    const auto word = [](std::string item) { return derive::suggest("X", ValueForm::word, {std::move(item)}, "r"); };
    const auto path = [](std::string item) { return derive::suggest("X", ValueForm::paths, {std::move(item)}, "r"); };
    CHECK_FALSE(unwritable(word("strict")).has_value());
    for (const char* good : {"10.0.0.0/8", "2001:db8::1", "ipv6:443"}) {
        INFO(good);
        CHECK_FALSE(unwritable(word(good)).has_value());
    }
    for (const char* bad : {"/etc", "ipv6:", "a:g", "1.2.3.4 x"}) {
        INFO(bad);
        CHECK(unwritable(word(bad)).has_value());
    }
    CHECK_FALSE(unwritable(path("-/srv/a b\"%$\\")).has_value());
    for (const char* bad : {"", "a b", "a\nb", "%n", "$X", "\"", "a;b", "#x", "\xff"}) {
        INFO(bad);
        CHECK(unwritable(word(bad)).has_value());
    }
    for (const char* bad : {"", "relative", "--/x", "+/x", "/a\nb", "/a\tb", "/\xff", "/\x7f"}) {
        INFO(bad);
        CHECK(unwritable(path(bad)).has_value());
    }
    CHECK(unwritable(derive::suggest("X", ValueForm::word, {}, "r")).has_value());
    CHECK_FALSE(unwritable(derive::suggest("X", ValueForm::words, {}, "r")).has_value());
}

TEST_CASE("A loss concerns the subject that it is named after, and one of unknown name concerns all") {
    using derive::loss_concerns;
    CHECK(loss_concerns("path_not_walkable", Subject::files));
    CHECK_FALSE(loss_concerns("path_not_walkable", Subject::syscalls));
    CHECK(loss_concerns("syscall_number_beyond_table", Subject::syscalls));
    CHECK(loss_concerns("io_uring_operations_not_seen", Subject::sockets));
    CHECK_FALSE(loss_concerns("io_uring_operations_not_seen", Subject::capabilities));
    for (const Subject subject :
         {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets, Subject::executions}) {
        CHECK(loss_concerns("seen_map_full", subject));
    }
}

TEST_CASE("Directives come in one order, each once") {
    std::set<std::string> names;
    for (const auto& rule : derive::rule_table()) CHECK(names.insert(rule.directive).second);
    CHECK(names.size() > 40);
    CHECK(derive::rule_table().front().directive == "RuntimeDirectory");
}

TEST_CASE("Long strings of the observed program are clipped in sentences") {
    CHECK(derive::clipped("/short") == "/short");
    CHECK(derive::clipped(std::string(5000, 'x')).size() < 130);
    CHECK(derive::some_of({"a", "b", "c"}, 5) == "a, b and c");
    CHECK(derive::some_of({"a", "b", "c", "d"}, 2) == "a, b and 2 more");
    CHECK(derive::some_of({}).empty());
}

}  // namespace
