// From the text of a unit's files to its settings. Each row was compared with what systemd 252 and 257 report over
// D-Bus for such a unit; tests/system/settings_tests.py does that again.
#include "systemd/unit_settings.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "support/catch.h"
#include "systemd/known_hosts.h"
#include "systemd/unit_directives.h"

using namespace sandfit;
using systemd::FileSettings;
using systemd::UnitFile;

namespace {

const Host& host_of(int version) {
    static const Host kOld = systemd::host_of_version(252).value();
    static const Host kNew = systemd::host_of_version(257).value();
    return version == 252 ? kOld : kNew;
}

Result<FileSettings> read(std::vector<UnitFile> files, const std::string& unit = "demo.service", int version = 252) {
    return systemd::settings_of_files(files, systemd::UnitNameParts(unit), host_of(version));
}

/// The items of a setting, with "|" between; "(none)" where it is not known.
std::string words_of(const FileSettings& files, const std::string& name) {
    const auto it = files.settings.values.find(name);
    return it == files.settings.values.end() ? "(none)" : base::join_with(it->second, "|");
}

std::string with_command(const std::string& text) {
    return "[Service]\nExecStart=/bin/true\n" + text;
}

struct Row {
    const char* name;
    const char* text;
    std::string words;
    int version = 252;
};

}  // namespace

TEST_CASE("a setting is in the words in which systemd reports it") {
    const auto row = GENERATE(values<Row>({
        // Switches and words.
        {"NoNewPrivileges", "NoNewPrivileges=TRUE\n", "yes"},
        {"NoNewPrivileges", "NoNewPrivileges=1\nNoNewPrivileges=0\n", "no"},
        {"NoNewPrivileges", "NoNewPrivileges=yes\nNoNewPrivileges=maybe\nNoNewPrivileges=\n", "yes"},
        {"ProtectSystem", "ProtectSystem=true\n", "yes"},
        {"ProtectSystem", "ProtectSystem=strict\nProtectSystem=bogus\n", "strict"},
        {"ProtectHome", "ProtectHome=read-only\n", "read-only"},
        {"ProtectHome", "", "no"},
        {"ProtectProc", "ProtectProc=yes\n", "default"},
        {"KillMode", "KillMode=mixed\nKillMode=\n", "control-group"},
        {"MountFlags", "MountFlags=slave\n", "slave"},
        {"MountAPIVFS", "RootDirectory=/srv\n", "yes"},
        {"Personality", "Personality=x86\n", "x86"},
        {"PrivateTmp", "PrivateTmp=disconnected\n", "no"},
        {"PrivateTmp", "PrivateTmp=disconnected\n", "yes", 257},
        {"PrivateTmpEx", "PrivateTmp=disconnected\n", "disconnected", 257},
        {"PrivateTmpEx", "PrivateTmp=yes\n", "connected", 257},
        {"PrivateTmpEx", "PrivateTmp=yes\n", "(none)"},
        {"PrivateUsersEx", "PrivateUsers=on\n", "self", 257},
        {"ProtectControlGroupsEx", "ProtectControlGroups=strict\n", "strict", 257},
        {"PrivateMounts", "PrivateMounts=yes\nPrivateMounts=\n", "yes"},
        {"PrivateMounts", "PrivateMounts=yes\nPrivateMounts=\n", "no", 257},
        {"PrivatePIDs", "PrivatePIDs=yes\n", "yes", 257},
        {"PrivatePIDs", "PrivatePIDs=yes\n", "(none)"},

        // Numbers, modes, times.
        {"UMask", "UMask=27\n", "0027"},
        {"UMask", "UMask=9\n", "0022"},
        {"RuntimeDirectoryMode", "RuntimeDirectoryMode=0711\n", "0711"},
        {"TimeoutStartUSec", "TimeoutStartSec=1min 30\n", "90000000"},
        {"TimeoutStartUSec", "TimeoutSec=5\n", "5000000"},
        {"TimeoutStopUSec", "TimeoutSec=5\n", "5000000"},
        {"TimeoutStopUSec", "TimeoutStopSec=0\n", "infinity"},
        {"TimeoutStopUSec", "", "(none)"},
        {"TimeoutStartUSec", "Type=oneshot\n", "infinity"},
        {"TimeoutStartUSec", "Type=oneshot\nTimeoutStartSec=3\n", "3000000"},
        {"WatchdogUSec", "WatchdogSec=500ms\n", "500000"},
        {"LimitNOFILE", "LimitNOFILE=100:200\n", "200"},
        {"LimitNOFILESoft", "LimitNOFILE=100:200\n", "100"},
        {"LimitNOFILE", "LimitNOFILE=300:200\n", "(none)"},
        {"LimitMEMLOCK", "LimitMEMLOCK=64K\n", "65536"},
        {"LimitCPU", "LimitCPU=1min\n", "60"},
        {"LimitRTTIME", "LimitRTTIME=5s\n", "5000000"},
        {"LimitNICE", "LimitNICE=+5\n", "15"},
        {"LimitCORE", "LimitCORE=infinity\n", "infinity"},
        {"TasksMax", "TasksMax=50\n", "50"},
        {"TasksMax", "TasksMax=50%\n", "(none)"},
        {"MemoryMax", "MemoryMax=1.5G\n", "1610612736"},
        {"MemoryMax", "MemoryMax=1G\nMemoryMax=\n", "infinity"},
        {"MemoryMax", "MemoryMax=50%\n", "(none)"},
        {"CPUWeight", "CPUWeight=idle\n", "0"},
        {"Nice", "Nice=-5\n", "-5"},
        {"Nice", "Nice=-5\nNice=\n", "(none)"},
        {"KillSignal", "KillSignal=SIGINT\n", "2"},
        {"RestartKillSignal", "KillSignal=INT\n", "2"},
        {"SyslogPriority", "SyslogFacility=local3\nSyslogLevel=debug\n", "159"},
        {"SystemCallErrorNumber", "", "kill"},
        {"SystemCallErrorNumber", "SystemCallErrorNumber=EPERM\n", "EPERM"},
        {"SystemCallErrorNumber", "SystemCallErrorNumber=1\n", "EPERM"},
        {"SystemCallErrorNumber", "SystemCallErrorNumber=EPERM\nSystemCallErrorNumber=\n", "kill"},

        // Paths and lists of them.
        {"ReadWritePaths", "ReadWritePaths=/a//b/ -/c \"-+/d e\" +/f\nReadWritePaths=/i\n", "/a/b|-/c|-+/d e|+/f|/i"},
        {"ReadWritePaths", "ReadWritePaths=/a\nReadWritePaths=\nReadWritePaths=/b\n", "/b"},
        {"ReadWritePaths", "ReadWritePaths=/a/../b rel /c\n", "/c"},
        {"ReadWritePaths", "ReadWritePaths=/a \"/b\n", "/a"},
        {"ReadWritePaths", "ReadWriteDirectories=/a\n", "/a"},
        {"ReadWritePaths", "ReadWritePaths=\"/a\\\"b\" '/%%x'\n", "/a\"b|/%x"},
        {"TemporaryFileSystem", "TemporaryFileSystem=/var:ro,mode=755 /x\n", "/var:ro,mode=755|/x"},
        {"BindPaths", "BindPaths=/a:/b -/c:/d:norbind /e\n", "/a:/b:rbind|-/c:/d:norbind|/e:/e:rbind"},
        {"BindPaths", "BindPaths=/a\nBindReadOnlyPaths=\n", ""},
        {"BindReadOnlyPaths", "BindReadOnlyPaths=/f:/g:rbind /h:/i:bogus\n", "/f:/g:rbind"},
        {"StateDirectory", "StateDirectory=b a a/x a-b a\n", "a|a/x|a-b|b"},
        {"StateDirectory", "StateDirectory=/abs ../x private/y private z:link\n", "z"},
        {"RuntimeDirectory", "RuntimeDirectory=a:b:c\n", "a"},
        {"RuntimeDirectory", "RuntimeDirectory=a:b:c d::ro\n", "d", 257},
        {"WorkingDirectory", "WorkingDirectory=-/srv/x/\n", "!/srv/x"},
        {"WorkingDirectory", "WorkingDirectory=~\n", "~"},
        {"PIDFile", "PIDFile=x.pid\n", "/run/x.pid"},
        {"EnvironmentFiles", "EnvironmentFile=-/etc/default/x\nEnvironmentFile=/etc/y\n", "-/etc/default/x|/etc/y"},
        {"ExecSearchPath", "ExecSearchPath=/a:/b//c\n", "/a|/b/c"},

        // Names and variables.
        {"User", "User=www-data\nUser=\n", ""},
        {"SupplementaryGroups", "SupplementaryGroups=adm tty\nSupplementaryGroups=www-data\n", "adm|tty|www-data"},
        {"Environment", "Environment=A=b \"C=d e\" 'F=\\x41'\nEnvironment=A=c N=\n", "A=c|C=d e|F=A|N="},
        {"Environment", "Environment=A=b junk =x\n", "A=b"},
        {"PassEnvironment", "PassEnvironment=X Y X\n", "X|Y"},
        {"SELinuxContext", "SELinuxContext=-foo\n", "-foo"},
        {"Slice", "", "system.slice"},
        {"Slice", "Slice=a-b.slice\n", "a-b.slice"},

        // Lists that are combined.
        {"CapabilityBoundingSet",
         "CapabilityBoundingSet=CAP_CHOWN cap_kill 12 junk\nCapabilityBoundingSet=~CAP_CHOWN\n",
         "CAP_KILL|CAP_NET_ADMIN"},
        {"CapabilityBoundingSet", "CapabilityBoundingSet=\n", ""},
        {"CapabilityBoundingSet", "CapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN\n", "CAP_CHOWN"},
        {"AmbientCapabilities", "AmbientCapabilities=CAP_CHOWN CAP_KILL\nAmbientCapabilities=~CAP_KILL\n",
         "CAP_CHOWN"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=AF_INET AF_UNIX AF_LOCAL AF_NOPE\n", "AF_INET|AF_UNIX"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=AF_INET AF_UNIX\nRestrictAddressFamilies=~AF_INET\n",
         "AF_UNIX"},
        {"RestrictAddressFamilies",
         "RestrictAddressFamilies=~AF_PACKET AF_NETLINK\nRestrictAddressFamilies=AF_PACKET\n", "~AF_NETLINK"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=none\n", "none"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=none\nRestrictAddressFamilies=~AF_PACKET\n",
         "~AF_PACKET"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=~AF_UNIX\n", "none"},
        {"RestrictAddressFamilies", "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=\n", ""},
        {"RestrictNamespaces", "", "no"},
        {"RestrictNamespaces", "RestrictNamespaces=yes\n", "yes"},
        {"RestrictNamespaces", "RestrictNamespaces=user net\nRestrictNamespaces=~net\n", "user"},
        {"RestrictNamespaces", "RestrictNamespaces=~user mnt\n", "cgroup|ipc|net|pid|uts"},
        {"RestrictNamespaces", "RestrictNamespaces=yes\nRestrictNamespaces=cgroup\n", "cgroup"},
        {"RestrictNamespaces", "RestrictNamespaces=user\nRestrictNamespaces=\n", "no"},
        {"RestrictNetworkInterfaces", "RestrictNetworkInterfaces=lo eth0\nRestrictNetworkInterfaces=~lo\n", "eth0"},
        {"RestrictFileSystems", "RestrictFileSystems=ext4\n", ""},  // Debian's builds keep none
        {"SystemCallArchitectures", "SystemCallArchitectures=native x86 nope\n", "native|x86"},
        {"SystemCallFilter", "SystemCallFilter=~ptrace:EPERM reboot nosuch\nSystemCallFilter=~kexec_load:kill\n",
         "~kexec_load:kill|ptrace:EPERM|reboot"},
        {"SystemCallFilter", "SystemCallFilter=~ptrace reboot\nSystemCallFilter=reboot\n", "~ptrace"},
        {"SystemCallFilter", "SystemCallFilter=read\nSystemCallFilter=\nSystemCallFilter=~mount\n", "~mount"},
        {"SystemCallFilter", "SystemCallFilter=read mount\nSystemCallFilter=~read @default\n", "mount"},
        {"SystemCallFilter", "SystemCallFilter=read mount\nSystemCallFilter=~@default read mount:EPERM\n", ""},
        {"IPAddressAllow", "IPAddressAllow=localhost 10.1.2.3/8 1.2.3.4 bad/33\n",
         "1.2.3.4/32|10.0.0.0/8|127.0.0.0/8|::1/128"},
        {"IPAddressDeny", "IPAddressDeny=any\nIPAddressDeny=\n", ""},
        {"SocketBindAllow", "SocketBindAllow=ipv4:tcp:80-90\nSocketBindAllow=443\nSocketBindAllow=junk\n",
         "443|ipv4:tcp:80-90"},
        {"SocketBindDeny", "SocketBindDeny=any\n", "any"},
        {"DeviceAllow", "DeviceAllow=/dev/null rw\nDeviceAllow=char-pts\nDeviceAllow=/etc/passwd\n",
         "char-pts rwm|/dev/null rw"},
        {"Delegate", "Delegate=\n", "yes"},
        {"DelegateControllers", "Delegate=yes\n", "cpu|cpuset|io|memory|pids"},
        {"DelegateControllers", "Delegate=memory cpu nope\n", "cpu|memory"},
        {"DelegateControllers", "Delegate=cpu\nDelegate=no\n", ""},

        // Commands.
        {"ExecStartPre", "ExecStartPre=-/bin//sh -c 'echo \"a b\"' ; +/bin/true ; @/bin/ls ls-al x\n",
         "-/bin/sh -c echo \"a b\"|+/bin/true|/bin/ls x"},
        {"ExecStartPre", "ExecStartPre=!!/bin/a b\\;c \\; d\nExecStartPre=:!/bin/b\n", "!!/bin/a b\\;c ; d|:!/bin/b"},
        {"ExecStartPre", "ExecStartPre=/bin/a\nExecStartPre=\nExecStartPre=sh \\q\n", "sh \\q"},
        {"ExecStartPre", "ExecStartPre=-/no/dir/\n", ""},
        {"ExecStartPre", "ExecStartPre=-/bin/a 'b\n", ""},

        // Streams.
        {"StandardInput", "StandardInput=file:/etc/hosts\n", "file"},
        {"StandardInput", "StandardInputText=x\n", "data"},
        {"StandardOutput", "StandardOutput=append:/var/log/x\n", "append"},
        {"StandardOutput", "", "(none)"},
        {"StandardOutput", "StandardInput=socket\nStandardOutput=inherit\n", "inherit"},
        {"StandardErrorFileDescriptorName", "StandardError=fd:foo\n", "foo"},

        // What follows from others.
        {"Type", "", "simple"},
        {"Type", "BusName=org.example.Foo\n", "dbus"},
        {"NotifyAccess", "Type=notify\n", "main"},
        {"NotifyAccess", "WatchdogSec=3\n", "main"},
        {"NotifyAccess", "Type=notify\nNotifyAccess=all\n", "all"},
        {"OOMPolicy", "Delegate=yes\n", "continue"},
        {"DevicePolicy", "PrivateDevices=yes\n", "closed"},
        {"DevicePolicy", "PrivateDevices=yes\nDevicePolicy=strict\n", "strict"},
        {"DeviceAllow", "PrivateDevices=yes\nProtectClock=yes\n", "char-rtc r"},
        {"CapabilityBoundingSet",
         "CapabilityBoundingSet=CAP_SYS_TIME CAP_MKNOD CAP_CHOWN CAP_SYSLOG CAP_SYS_MODULE\n"
         "PrivateDevices=yes\nProtectClock=1\nProtectKernelLogs=1\nProtectKernelModules=1\n",
         "CAP_CHOWN"},
        {"User", "DynamicUser=yes\n", "demo"},
        {"ProtectSystem", "DynamicUser=yes\nProtectSystem=full\n", "strict"},
        {"ProtectHome", "DynamicUser=yes\n", "read-only"},
        {"ProtectHome", "DynamicUser=yes\nProtectHome=tmpfs\n", "tmpfs"},
        {"PrivateTmp", "DynamicUser=yes\nPrivateTmp=no\n", "yes"},
        {"PrivateTmpEx", "DynamicUser=yes\n", "disconnected", 257},
        {"NoNewPrivileges", "DynamicUser=yes\n", "yes"},
        {"RestrictSUIDSGID", "DynamicUser=yes\n", "yes"},
        {"SetLoginEnvironment", "User=joe\n", "yes", 257},
    }));
    INFO(row.name << " of " << row.text);
    const auto files = read({{"demo.service", with_command(row.text)}}, "demo.service", row.version);
    REQUIRE(files);
    CHECK(words_of(*files, row.name) == row.words);
}

TEST_CASE("an allow-list of system calls holds those that systemd adds, and groups by their members") {
    const auto files = read({{"demo.service", with_command("SystemCallFilter=@basic-io ptrace\n")}});
    REQUIRE(files);
    const auto& names = files->settings.values.at("SystemCallFilter");
    const auto has = [&names](const char* name) { return std::ranges::find(names, name) != names.end(); };
    CHECK(has("read"));
    CHECK(has("ptrace"));
    CHECK(has("execve"));  // of @default
    CHECK_FALSE(has("mount"));
    CHECK(std::ranges::is_sorted(names));

    // Where nobody knows the groups, they stay what they are.
    const auto bare = systemd::settings_of_files(
        std::vector<UnitFile>{{"demo.service", with_command("SystemCallFilter=@basic-io ptrace\n")}},
        systemd::UnitNameParts("demo.service"), Host());
    CHECK(words_of(*bare, "SystemCallFilter") == "@basic-io|@default|ptrace");
}

TEST_CASE("a later file overrides single values and adds to lists") {
    const auto files = read({
        {"demo.service",
         with_command("UMask=0011\nReadWritePaths=/a\nProtectHome=yes\nSystemCallFilter=~mount reboot\n")},
        {"10.conf", "[Service]\nUMask=0022\nReadWritePaths=/b\nSystemCallFilter=~ptrace\nExecStart=\n"},
        {"20.conf",
         "[Unit]\nDescription=Other\n[Service]\nReadWritePaths=/c\nSystemCallFilter=mount\n"
         "ExecStart=/bin/other\n"},
    });
    REQUIRE(files);
    CHECK(words_of(*files, "UMask") == "0022");
    CHECK(words_of(*files, "ReadWritePaths") == "/a|/b|/c");
    CHECK(words_of(*files, "ProtectHome") == "yes");
    CHECK(words_of(*files, "SystemCallFilter") == "~ptrace|reboot");
    CHECK(words_of(*files, "ExecStart") == "/bin/other");
    CHECK(words_of(*files, "Description") == "Other");
}

TEST_CASE("specifiers are filled in where the unit's name decides them, and told where it does not") {
    const auto files = read({{"web@.service", with_command("User=%i\nStateDirectory=%p/%i\nReadWritePaths=%t/%m /x\n"
                                                           "WorkingDirectory=/srv/%H\nGroup=%H\nGroup=adm\n")}},
                            "web@a\\x2fb.service");
    REQUIRE(files);
    CHECK(words_of(*files, "User") == "a\\x2fb");
    CHECK(words_of(*files, "StateDirectory") == "web/a\\x2fb");
    CHECK(words_of(*files, "ReadWritePaths") == "/run/%m|/x");
    CHECK(words_of(*files, "WorkingDirectory") == "/srv/%H");
    CHECK(words_of(*files, "Slice") == "system-web.slice");
    CHECK(files->not_known == std::map<std::string, std::string>{{"ReadWritePaths", "its %m depends on the host"},
                                                                 {"WorkingDirectory", "its %H depends on the host"}});
}

TEST_CASE("what depends on the host is not known until a file sets it") {
    const auto bare = read({{"demo.service", with_command("")}});
    REQUIRE(bare);
    CHECK(bare->not_known.empty());
    CHECK(bare->ignored.empty());
    for (const char* name : {"LimitNOFILE", "TasksMax", "TimeoutStopUSec", "StandardOutput", "OOMPolicy", "Nice"}) {
        INFO(name);
        CHECK_FALSE(bare->settings.values.contains(name));
    }
    const auto set =
        read({{"demo.service", with_command("TasksMax=10%\nNUMAPolicy=bind\nNUMAPolicy=\nCPUQuota=20%\n")}});
    REQUIRE(set);
    CHECK(set->not_known.size() == 2);
    CHECK(set->not_known.contains("TasksMax"));
    CHECK(set->not_known.contains("CPUQuotaPerSecUSec"));
    CHECK(words_of(*set, "NUMAPolicy") == "-1");
}

TEST_CASE("what systemd passes over is told with file and line") {
    const auto files = read({{"/a/demo.service",
                              "X=1\n[Service]\nExecStart=/bin/true\nNoSuchThing=1\nProtectHome=maybe\n"
                              "no sign\nX-Ours=1\nSystemCallFilter=~nosuch\n"},
                             {"/a/\x1B.conf", "[Nowhere]\n[Service]\nUser=a\nStateDirectory=/x\n"}});
    REQUIRE(files);
    CHECK(files->ignored ==
          std::vector<std::string>{
              "/a/demo.service:1: it stands in front of the first section", "/a/demo.service:6: it has no \"=\"",
              "/a/demo.service:4: this systemd has no setting NoSuchThing= for services",
              "/a/demo.service:5: ProtectHome=: the value has no meaning for ProtectHome=",
              "/a/demo.service:8: SystemCallFilter=: \"nosuch\" is no system call",
              "/a/\\x1b.conf:1: services have no section [Nowhere]",
              "/a/\\x1b.conf:4: StateDirectory=: \"/x\" is no relative path, or one that is systemd's own"});
}

TEST_CASE("a unit that systemd refuses is refused, with file and line") {
    struct Bad {
        std::string text;
        std::string says;
    };
    const auto row = GENERATE(values<Bad>({
        {"[Service]\n\nExecStart=\n ExecStart=/bin/\n",
         "a.service:4: ExecStart=: the program's path is that of a directory"},
        {"[Service]\nExecStart=bin/x\n",
         "a.service:2: ExecStart=: the program is neither an absolute path nor a name"},
        {"[Service]\nExecStart=@/bin/x\n",
         "a.service:2: ExecStart=: \"@\" needs a name for the program behind its path"},
        {"[Service]\nExecStart=/bin/x 'a\n", "a.service:2: ExecStart=: a quote has no end"},
        {"[Service]\nExecStart=+\n", "a.service:2: ExecStart=: it names no program"},
        {"[Service]\nRootDirectory=a\n", "a.service:2: RootDirectory=: \"a\" is no absolute path without \"..\""},
        {"[Service]\nWorkingDirectory=a\n",
         "a.service:2: WorkingDirectory=: \"a\" is no absolute path without \"..\""},
        {"[Service]\nX=\xFF\n", "a.service:2: the line is not valid UTF-8"},
        {"[Service\n", "a.service:1: the section header has no \"]\" at its end"},
    }));
    const auto files = read({{"a.service", row.text}});
    REQUIRE_FALSE(files);
    CHECK(files.error().kind == ErrorKind::bad_input);
    CHECK(files.error().what == row.says);
}

TEST_CASE("the table of settings has one meaning for each name and version") {
    for (const int version : {0, 247, 252, 257, 300}) {
        std::vector<std::string> names;
        for (const auto& spec : systemd::unit_directives()) {
            if (spec.holds_for(version)) names.push_back(std::string(spec.section) + "." + std::string(spec.name));
        }
        std::ranges::sort(names);
        INFO(version);
        CHECK(std::ranges::adjacent_find(names) == names.end());
    }
}

TEST_CASE("every setting that systemd 252 and 257 have for services is in the table") {
    // Those that a build only tolerates or that mean nothing any more.
    const std::vector<std::string> kDead = {"BusPolicy", "Capabilities", "NetClass", "SysVStartPriority"};
    // Those of [Unit] that [Service] takes for old units' sake.
    const std::vector<std::string> kOfUnit = {"FailureAction", "RebootArgument", "StartLimitAction",
                                              "StartLimitBurst", "StartLimitInterval"};
    for (const int version : {252, 257}) {
        for (const auto& directive : host_of(version).directives) {
            const auto is_one_of = [&directive](const auto& names) {
                return std::ranges::find(names, directive) != names.end();
            };
            if (is_one_of(kDead) || is_one_of(kOfUnit)) continue;
            INFO(directive << " of " << version);
            CHECK(std::ranges::any_of(systemd::unit_directives(), [&](const systemd::DirectiveSpec& spec) {
                return spec.name == directive && spec.holds_for(version);
            }));
        }
    }
}

TEST_CASE("no assignment makes the reader fall over, and a second reading says the same") {
    constexpr std::string_view kAlphabet("~-+!@:%$;/.,= \t'\"\\0123aiKM%x\xFF\xC3\xA4\x01", 32);
    const std::vector<std::string> kWords = {
        "@system-service", "~@clock",    "AF_UNIX", "CAP_KILL", "/a",    "yes",   "no",   "none",
        "infinity",        "10.0.0.0/8", "%i",      "%m",       "\\x41", "EPERM", "'a b'"};
    const auto table = systemd::unit_directives();
    std::mt19937 random(11);
    for (int round = 0; round < 1500; ++round) {
        std::string text = "[Service]\n";
        for (std::size_t lines = 1 + random() % 6; lines > 0; --lines) {
            text += std::string(table[random() % table.size()].name) + "=";
            for (std::size_t left = random() % 5; left > 0; --left) {
                text += random() % 2 == 0 ? kWords[random() % kWords.size()]
                                          : std::string(1, kAlphabet[random() % kAlphabet.size()]);
                if (random() % 3 == 0) text += ' ';
            }
            text += '\n';
        }
        const auto first = read({{"a.service", text}}, "a@b.service", round % 2 == 0 ? 252 : 257);
        const auto second = read({{"a.service", text}}, "a@b.service", round % 2 == 0 ? 252 : 257);
        REQUIRE(first.has_value() == second.has_value());
        if (!first) continue;
        CHECK(first->settings == second->settings);
        for (const auto& [name, words] : first->settings.values) {
            for (const auto& word : words) {
                INFO(text << name);
                CHECK(word.find('\0') == std::string::npos);
            }
        }
        for (const auto& line : first->ignored) CHECK(line.find('\n') == std::string::npos);
    }
}
