// The account that the rules for devices, the kernel's interfaces and home directories give of what they forbid, each
// by a fact that its value refuses and one that it does not. Apart from gate_test.cpp for length only.
#include <cerrno>
#include <string>
#include <vector>

#include "derive/gate.h"
#include "derive/mount_namespace.h"
#include "derive/path_use.h"
#include "derive/verdict.h"
#include "support/catch.h"

namespace {

using namespace sandfit;

struct Refusal {
    std::string directive;
    std::string value;
    Fact refused;
    Fact allowed;
};

FileFact file(FileOp op, std::string directory, std::string name, FileKind kind = FileKind::regular, int error = 0) {
    FileFact fact;
    fact.op = op;
    fact.directory = std::move(directory);
    fact.kind = kind;
    fact.error = error;
    fact.names = {std::move(name)};
    return fact;
}

FileFact look(std::string directory, std::string name, int error = 0) {
    return file(FileOp::look, std::move(directory), std::move(name), FileKind::unknown, error);
}

SyscallFact call(std::string name) {
    return {std::move(name), Abi::native, false};
}

CapabilityFact capability(std::string name) {
    CapabilityFact fact;
    fact.capability = std::move(name);
    fact.syscall = "ioctl";
    fact.granted = true;
    return fact;
}

ExecFact set_user_id() {
    ExecFact fact;
    fact.path = "/usr/bin/helper";
    fact.set_user_id = true;
    return fact;
}

std::vector<Refusal> refusals() {
    const FileKind device = FileKind::char_device;
    return {
        {"ProtectHome", "yes", look("/root", "x", ENOENT), look("/root", "x", EACCES)},
        {"ProtectHome", "yes", look("/", "root"), look("/", "srv")},
        {"ProtectHome", "tmpfs", look("/home/u", "x", EACCES), look("/home/u", "x", ENOENT)},
        {"ProtectHome", "tmpfs", file(FileOp::read, "/run/user/1", "x"), look("/", "root")},
        {"ProtectHome", "read-only", file(FileOp::create, "/root", "x"), file(FileOp::read, "/root", "x")},
        {"PrivateDevices", "yes", file(FileOp::read, "/dev", "kvm", device),
         file(FileOp::read, "/dev", "tty", device)},
        {"PrivateDevices", "yes", file(FileOp::create, "/dev", "x"), file(FileOp::create, "/dev/shm", "x")},
        {"PrivateDevices", "yes", file(FileOp::map, "/dev", "zero", device), file(FileOp::map, "/dev/shm", "x")},
        {"PrivateDevices", "yes", capability("CAP_MKNOD"), capability("CAP_CHOWN")},
        {"PrivateDevices", "yes", call("ioperm"), call("ioctl")},
        {"DevicePolicy", "closed", file(FileOp::make_node, "/srv", "x", device),
         file(FileOp::make_node, "/srv", "x")},
        {"DeviceAllow", "/dev/kvm", file(FileOp::read, "/dev", "mem", device),
         file(FileOp::read, "/dev", "kvm", device)},
        {"ProtectKernelTunables", "yes", file(FileOp::write, "/sys/power", "x"),
         file(FileOp::read, "/sys/power", "x")},
        {"ProtectKernelTunables", "yes", file(FileOp::write, "/proc/sys/vm", "x"),
         file(FileOp::write, "/sys/fs/cgroup/a", "x")},
        {"ProtectKernelTunables", "yes", look("/proc", "kcore"), look("/proc", "kcore", EACCES)},
        {"ProtectKernelModules", "yes", capability("CAP_SYS_MODULE"), capability("CAP_SYS_ADMIN")},
        {"ProtectKernelModules", "yes", look("/lib/modules/6.1", "x", ENOENT), look("/lib", "modules", ENOENT)},
        {"ProtectKernelLogs", "yes", call("syslog"), call("sendto")},
        {"ProtectKernelLogs", "yes", look("/dev", "kmsg"), look("/dev", "log")},
        {"ProtectControlGroups", "yes", file(FileOp::write, "/sys/fs/cgroup/a", "x"),
         file(FileOp::read, "/proc/self", "cgroup")},
        {"ProtectControlGroups", "strict", file(FileOp::read, "/proc/self", "cgroup"), look("/sys/fs", "bpf")},
        {"ProtectClock", "yes", call("adjtimex"), call("clock_gettime")},
        {"ProtectClock", "yes", file(FileOp::write, "/dev", "rtc", device),
         file(FileOp::read, "/dev", "rtc", device)},
        {"ProtectHostname", "yes", call("sethostname"), call("uname")},
        {"ProtectHostname", "yes", file(FileOp::write, "/proc/sys/kernel", "domainname"),
         file(FileOp::read, "/proc/sys/kernel", "domainname")},
        {"ProtectProc", "invisible", look("/proc/[pid]", "stat"), file(FileOp::read, "/proc/self", "stat")},
        {"ProtectProc", "invisible", file(FileOp::read, "/", "proc", FileKind::directory), look("/", "proc")},
        {"ProcSubset", "pid", file(FileOp::read, "/proc", "meminfo"), file(FileOp::read, "/proc/[pid]", "stat")},
        {"ProcSubset", "pid", file(FileOp::read, "/proc/self/net", "tcp"), look("/proc/sys", "x", ENOENT)},
        {"PrivateMounts", "yes", call("mount"), call("chroot")},
    };
}

bool is_refused(const std::string& directive, const std::string& value, const Fact& fact,
                const UnitSettings& settings = {}) {
    Profile profile;
    profile.unit = "demo.service";
    profile.settings = settings;
    profile.facts.push_back({fact, {}});
    std::vector<Suggestion> proposal;
    for (const auto& rule : derive::rule_table()) {
        proposal.push_back(rule.directive == directive
                               ? derive::suggest(directive, ValueForm::word, {value}, "for a test")
                               : derive::abstain(rule.directive, "for a test"));
    }
    return derive::first_denial(profile, {}, Tightness::balanced, proposal).has_value();
}

TEST_CASE("Each protection's account of what it forbids tells the forbidden from the allowed") {
    for (const auto& one : refusals()) {
        INFO(one.directive << ": " << derive::describe(one.refused));
        CHECK(is_refused(one.directive, one.value, one.refused));
        INFO(one.directive << ": " << derive::describe(one.allowed));
        CHECK_FALSE(is_refused(one.directive, one.value, one.allowed));
    }
}

TEST_CASE("With User= a set-user-ID program is refused by the protections that have a filter") {
    UnitSettings settings;
    settings.values["User"] = {"demo"};
    for (const char* directive : {"PrivateDevices", "ProtectClock", "ProtectHostname", "ProtectKernelLogs",
                                  "ProtectKernelModules", "ProtectKernelTunables"}) {
        INFO(directive);
        CHECK(is_refused(directive, "yes", set_user_id(), settings));
        CHECK_FALSE(is_refused(directive, "yes", set_user_id()));
    }
    CHECK_FALSE(is_refused("ProtectHome", "yes", set_user_id(), settings));
    CHECK_FALSE(is_refused("ProtectControlGroups", "yes", set_user_id(), settings));
}

TEST_CASE("Whatever brings a mount namespace along refuses mounts, unless the unit has one") {
    UnitSettings own;
    own.values["ProtectProc"] = {"invisible"};
    for (const char* directive :
         {"PrivateTmp", "ProtectHome", "ProtectSystem", "PrivateDevices", "ProtectKernelTunables", "PrivateMounts",
          "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ProtectHostname", "ProcSubset"}) {
        INFO(directive);
        CHECK(is_refused(directive, "yes", call("umount2")));
        CHECK_FALSE(is_refused(directive, "yes", call("umount2"), own));
        CHECK_FALSE(is_refused(directive, "yes", call("unshare")));
    }
    CHECK_FALSE(is_refused("DevicePolicy", "closed", call("umount2")));
    CHECK_FALSE(is_refused("ProtectClock", "yes", call("umount2")));
}

TEST_CASE("A setting that restricts nothing gives no mount namespace") {
    using derive::has_mount_namespace;
    UnitSettings settings;
    CHECK_FALSE(has_mount_namespace(settings));
    for (const auto& [directive, value] :
         std::vector<std::pair<std::string, std::string>>{{"ProtectSystem", "no"},
                                                          {"ProtectProc", "default"},
                                                          {"ProcSubset", "all"},
                                                          {"PrivateTmp", "no"},
                                                          {"MountFlags", "shared"},
                                                          {"ProtectClock", "yes"},
                                                          {"NoNewPrivileges", "yes"}}) {
        settings.values[directive] = {value};
        INFO(directive);
        CHECK_FALSE(has_mount_namespace(settings));
    }
    settings.values["BindPaths"] = {"/a:/b:rbind"};
    CHECK(has_mount_namespace(settings));
}

TEST_CASE("A path that a setting names is found behind prefixes and options, and not in arguments") {
    using derive::named_in_settings;
    const auto names = [](const char* directive, const char* item) {
        UnitSettings settings;
        settings.values[directive] = {item};
        return named_in_settings(settings, "/home").has_value();
    };
    CHECK(names("ReadWritePaths", "-+/home/u"));
    CHECK(names("BindPaths", "-/srv/x:/home/u:rbind"));
    CHECK(names("TemporaryFileSystem", "/home:mode=0700"));
    CHECK(names("WorkingDirectory", "!/home/u"));
    CHECK(names("ExecStart", "-:/home/u/bin/x -d"));
    CHECK_FALSE(names("ExecStart", "/usr/bin/x --config=/home/u/x"));
    CHECK_FALSE(names("ReadWritePaths", "/homes"));
    CHECK_FALSE(names("Description", "/home/u"));
}

}  // namespace
