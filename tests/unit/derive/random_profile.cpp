#include "random_profile.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace sandfit::test {
namespace {

const std::vector<std::string> kDirectories = {"/",
                                               "/etc",
                                               "/etc/demo",
                                               "/usr/lib/demo",
                                               "/run",
                                               "/run/demo",
                                               "/run/other",
                                               "/var/lib",
                                               "/var/lib/demo",
                                               "/var/lib/demo/in",
                                               "/var/lib/demo/out",
                                               "/var/lib/x",
                                               "/var/log",
                                               "/var/log/demo",
                                               "/var/cache/demo",
                                               "/tmp",
                                               "/tmp/demo.1",
                                               "/var/tmp",
                                               "/srv/a",
                                               "/srv/b",
                                               "/home/u",
                                               "/root",
                                               "/proc/1",
                                               "/dev/shm",
                                               "/sys/x",
                                               "/mnt/private",
                                               "/mnt/private/d",
                                               "/run/user/1",
                                               "/proc/self",
                                               "/proc/[pid]",
                                               "/proc/sys/kernel",
                                               "/dev",
                                               "/dev/pts",
                                               "/sys/fs/cgroup/x",
                                               "/usr/lib/modules/6",
                                               "/usr",
                                               "/opt/demo/lib",
                                               "/boot",
                                               "/media",
                                               "/var/spool/demo"};
const std::vector<std::string> kNames = {"a",    "b",   "demo",   "in",   "out", "x",    "loginuid2",
                                         "null", "kvm", "cgroup", "boot", "src", "spool"};
const std::vector<std::string> kHostile = {"a\nExecStart=/bin/sh",
                                           "\"",
                                           "'",
                                           "%n",
                                           "$HOME",
                                           "\\",
                                           " ",
                                           "-",
                                           "\xff\xfe",
                                           "..",
                                           "a/b",
                                           "",
                                           std::string("nul\0x", 5),
                                           "@privileged",
                                           "~x",
                                           "\x1b[31m",
                                           "\xe2\x80\xae",
                                           std::string(5000, 'l')};
const std::vector<int> kErrors = {0,      0,     0,         0,      0,      0,     ENOENT, EACCES, EPERM,
                                  EEXIST, EXDEV, ENOTEMPTY, ENOSPC, EISDIR, EROFS, EINVAL, EINTR,  EOPNOTSUPP};
const std::vector<std::string> kCapabilities = {"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FSETID",
                                                "CAP_SETUID", "CAP_SYS_ADMIN",    "CAP_NET_RAW"};
const std::vector<std::string> kFamilies = {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"};
const std::vector<std::string> kFileSystems = {"ext4", "ext4", "proc", "tmpfs", "xfs", "pipefs", "9p", "overlay"};
const std::vector<std::string> kCallers = {"generic_permission", "capable_wrt_inode_uidgid", "handle_to_path"};

class Maker {
public:
    Maker(std::mt19937& random, const Host& host, Names names) : random_(random), hostile_(names == Names::hostile) {
        for (const auto& entry : host.syscall_groups) {
            if (entry.first == "@known") syscalls_ = entry.second;
        }
        if (syscalls_.empty()) syscalls_ = {"read", "write", "clone3", "chown", "mount", "setuid", "openat"};
    }

    Profile make() {
        Profile profile;
        profile.unit = one_in(3) ? "demo@1.service" : "demo.service";
        profile.host.architecture = "x86_64";
        if (!one_in(6)) profile.host.links = {{"/var/run", "/run"}};
        if (one_in(6)) profile.host.links["/srv"] = "/var/lib/demo";
        if (one_in(3)) profile.host.links["/lib"] = "/usr/lib";
        for (const Subject subject : {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets,
                                      Subject::executions, Subject::requests}) {
            profile.coverage.subjects[subject] = {true, "test", {}};
        }
        profile.coverage.phases = {Phase::start};
        settings(profile.settings);
        for (int i = 1 + below(25); i > 0; --i) profile.facts.push_back({fact(), {}});
        for (const auto& directory : kDirectories) {
            if (!one_in(3)) profile.directories[directory] = state(directory);
        }
        return profile;
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    bool one_in(int n) { return below(n) == 0; }
    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
    }
    std::string name() { return hostile_ && one_in(2) ? pick(kHostile) : pick(kNames); }
    std::string directory() {
        std::string path = pick(kDirectories);
        if (hostile_ && one_in(3)) path += (path == "/" ? "" : "/") + pick(kHostile);
        return path;
    }
    std::string word(const std::vector<std::string>& from) {
        return hostile_ && one_in(8) ? pick(kHostile) : pick(from);
    }

    void settings(UnitSettings& settings) {
        auto& values = settings.values;
        if (one_in(2)) values["User"] = {"demo"};
        if (one_in(5)) values["NoNewPrivileges"] = {"yes"};
        if (one_in(4)) values["ProtectSystem"] = {pick<std::string>({"yes", "full", "strict"})};
        if (one_in(4)) values["PrivateTmp"] = {"yes"};
        if (one_in(4)) values["ProtectHome"] = {"read-only"};
        if (one_in(8)) values["PrivateMounts"] = {"yes"};
        if (one_in(8)) values["DeviceAllow"] = {"/dev/kvm rw"};
        if (one_in(12)) values["WorkingDirectory"] = {"/root"};
        if (one_in(4)) values["ReadWritePaths"] = {"-" + pick(kDirectories), pick(kDirectories)};
        if (one_in(8)) values["NoExecPaths"] = {pick<std::string>({"/", "-/tmp", "/srv"})};
        if (one_in(8)) values["ExecPaths"] = {"-" + pick(kDirectories), "/usr/lib"};
        if (one_in(8)) values["BindPaths"] = {"/opt:" + pick(kDirectories) + ":rbind"};
        if (one_in(8)) values["ReadOnlyPaths"] = {pick(kDirectories)};
        if (one_in(8)) values["ExecReload"] = {"-" + pick(kDirectories) + "/reload now"};
        if (one_in(5)) values["StateDirectory"] = {"demo"};
        if (one_in(5)) values["RestrictNamespaces"] = {pick<std::string>({"yes", "no", "user", "~net"}), "mnt"};
        if (one_in(5)) values["UMask"] = {pick<std::string>({"0002", "0022", "0027", "0077"})};
        if (one_in(5)) values["IPAddressAllow"] = {"127.0.0.0/8"};
        if (one_in(8)) values["Delegate"] = {"yes"};
        if (one_in(8)) values["NotifyAccess"] = {"all"};
        if (one_in(8)) values["KeyringMode"] = {"shared"};
        if (one_in(9)) values["TriggeredBy"] = {"demo.socket"};
        if (one_in(5)) values["CapabilityBoundingSet"] = {"CAP_CHOWN", "CAP_SETUID", "CAP_DAC_OVERRIDE"};
        if (one_in(5)) values["AmbientCapabilities"] = {"CAP_CHOWN", "CAP_NET_RAW"};
        if (one_in(5)) values["RestrictAddressFamilies"] = {one_in(2) ? "~AF_PACKET" : "AF_INET", "AF_UNIX"};
        if (one_in(5)) values["SystemCallFilter"] = {one_in(2) ? "~mount" : "@system-service", "ptrace"};
    }

    DirectoryState state(const std::string& directory) {
        DirectoryState state;
        state.exists = !one_in(5);
        state.existed_before = !one_in(3);
        state.mode = one_in(3) ? 0750 : 0755;
        state.owner = state.group = one_in(2) ? "demo" : "root";
        state.private_to_unit = directory.starts_with("/mnt/private");
        return state;
    }

    Fact fact() {
        switch (below(9)) {
            case 0:
            case 1:
            case 2:
                return file();
            case 3:
                return move();
            case 4:
                return SyscallFact{word(syscalls_), one_in(20) ? Abi::compat : Abi::native, false};
            case 5:
                return CapabilityFact{word(kCapabilities),
                                      word(syscalls_),
                                      !one_in(4),
                                      one_in(6),
                                      static_cast<CapabilityUse>(below(3)),
                                      static_cast<CapabilityLack>(below(4)),
                                      one_in(2),
                                      pick(kErrors),
                                      {pick(kCallers)}};
            case 6:
                return SocketFact{word(kFamilies), "SOCK_STREAM", 0, pick(kErrors)};
            case 7: {
                AddressFact address;
                address.op = static_cast<AddressOp>(below(3));
                address.family = one_in(2) ? "AF_UNIX" : "AF_INET";
                address.address = one_in(4) ? name() : directory() + "/" + name();
                address.abstract = address.family == "AF_UNIX" && one_in(4);
                if (address.family == "AF_INET" && !one_in(6)) {
                    address.address = pick<std::string>(
                        {"127.0.0.1", "127.0.0.1", "::1", "0.0.0.0", "192.0.2.1", "::ffff:127.0.0.1"});
                    address.port = static_cast<std::uint32_t>(below(3));
                }
                address.error = pick(kErrors);
                return address;
            }
            default: {
                if (one_in(3)) return request();
                if (one_in(5)) return FileSystemFact{word(kFileSystems)};
                if (one_in(3)) return CapabilityRequestFact{word(kCapabilities), one_in(2), pick(kErrors)};
                ExecFact exec;
                exec.path = directory() + "/" + name();
                exec.set_user_id = one_in(12);
                if (one_in(12)) exec.file_capabilities = {word(kCapabilities)};
                return exec;
            }
        }
    }

    RequestFact request() {
        static const std::vector<std::string> kValues[] = {{"mmap", "mprotect", "shmat"},
                                                           {"user", "mnt", "net", "any", "time"},
                                                           {"0x0", "0x40000", "0xffffffff", "0x8"},
                                                           {"SCHED_OTHER", "SCHED_FIFO", "SCHED_BATCH", "#9"}};
        const int kind = below(4);
        return {static_cast<Request>(kind), pick(kValues[kind]), pick(kErrors)};
    }

    FileFact file() {
        FileFact fact;
        fact.op = static_cast<FileOp>(below(static_cast<int>(FileOp::map) + 1));
        fact.directory = directory();
        fact.kind = one_in(3) ? static_cast<FileKind>(below(9)) : FileKind::regular;
        fact.error = pick(kErrors);
        for (int i = below(3); i >= 0; --i) fact.names.insert(name());
        fact.many = one_in(5);
        if (one_in(60)) fact.resolution = Resolution::cut;
        fact.modes = one_in(2) ? 0640 : 02755;
        return fact;
    }

    MoveFact move() {
        MoveFact fact;
        fact.op = static_cast<MoveOp>(below(3));
        fact.from_directory = directory();
        fact.to_directory = one_in(2) ? fact.from_directory : directory();
        fact.error = pick(kErrors);
        fact.from_names = {name()};
        fact.to_names = {name()};
        return fact;
    }

    std::mt19937& random_;
    bool hostile_;
    std::vector<std::string> syscalls_;
};

}  // namespace

Profile random_profile(std::mt19937& random, const Host& host, Names names) {
    return Maker(random, host, names).make();
}

}  // namespace sandfit::test
