#include "examples.h"

#include "profile/fact_set.h"

namespace sandfit::profile::examples {

Profile full() {
    constexpr std::int64_t kStart = 1'700'000'000'000'000;
    const Evidence once{1, kStart + 100, kStart + 100, 1, {}, {}};
    const Evidence often{4096, kStart + 100, kStart + 60'000'000, 12, {"/usr/sbin/nginx"}, {"openat", "unlink"}};

    Profile p;
    p.unit = "nginx.service";
    p.tool_version = "0.1.0";
    p.host = {"6.1.0-18-amd64", "x86_64", "glibc 2.36", "Debian GNU/Linux 12 (bookworm)", "252.39-1~deb12u1"};
    p.host.links = {{"/bin", "/usr/bin"}, {"/srv", "/data/a \"b\"\nc\xff"}};
    p.runs = {{kStart, kStart + 60'000'000, "observe --restart", {"wrk", "-d", "10s", "http://localhost/"}, 0, true},
              {kStart + 90'000'000, kStart + 120'000'000, "observe", {}, std::nullopt, false}};
    p.coverage.subjects[Subject::syscalls] = {true, "tp_btf/sys_exit", {}};
    p.coverage.subjects[Subject::files] = {true, "tp_btf/sys_exit", {"io_uring is not seen", "a \"quoted\" gap"}};
    p.coverage.subjects[Subject::capabilities] = {false, "", {}};
    p.coverage.phases = {Phase::start, Phase::reload, Phase::stop};
    p.coverage.losses = {{"file_map_full", 3}};
    p.coverage.retries = {{"ring_full_retried", 17}};
    p.settings.values = {{"ExecStart", {"/usr/sbin/nginx -g 'daemon on;'"}}, {"ReadWritePaths", {}}, {"User", {""}}};

    p.facts = {
        {SyscallFact{"#463", Abi::native, false}, once},
        {SyscallFact{"exit_group", Abi::native, true}, once},
        {SyscallFact{"openat", Abi::compat, false}, often},
        {SyscallFact{"ptrace", Abi::native, false, {1, 38}, true}, {1, 0, 0, 1, {}, {}, true}},
        {FileFact{
             FileOp::read, "/etc", FileKind::regular, 0, {"nginx.conf", "passwd"}, false, Resolution::walked, 0644},
         often},
        {FileFact{FileOp::read, "deep/down", FileKind::unknown, 13, {}, true, Resolution::cut, 0}, once},
        {FileFact{FileOp::create,
                  "/var/lib/nginx/a \"b\"\\c$d%e\nf\xff",
                  FileKind::regular,
                  0,
                  {"", "\xc3\xa4",
                   "\xe2\x80\xae"
                   "gpj"},
                  true,
                  Resolution::lexical,
                  0600},
         often},
        {MoveFact{MoveOp::rename, "/var/lib/nginx", "/var/log", 18, {"a.tmp"}, {"a"}, false, Resolution::resolved},
         once},
        {MoveFact{MoveOp::link, "/", "/", 0, {}, {}, true, Resolution::walked}, once},
        {CapabilityFact{"CAP_CHOWN", "", true, true, CapabilityUse::probe, CapabilityLack::none, false, 0, {}}, once},
        {CapabilityFact{"CAP_KILL",
                        "kill",
                        false,
                        false,
                        CapabilityUse::unclassified,
                        CapabilityLack::not_in_bounds,
                        true,
                        1,
                        {}},
         once},
        {CapabilityFact{"CAP_NET_BIND_SERVICE",
                        "bind",
                        true,
                        false,
                        CapabilityUse::need,
                        CapabilityLack::none,
                        false,
                        0,
                        {"inet_bind", "ns_capable [x]"}},
         once},
        {CapabilityRequestFact{"CAP_SETUID", true, 1}, once},
        {SocketFact{"AF_INET", "SOCK_STREAM", -1, 93}, once},
        {SocketFact{"AF_UNIX", "SOCK_DGRAM", 0, 0}, once},
        {AddressFact{AddressOp::bind, "AF_INET6", "::1", false, 443, 0}, once},
        {AddressFact{AddressOp::connect, "AF_UNIX", std::string("a\0b", 3), true, 0, 111}, once},
        {ExecFact{"/usr/bin/sudo", true, true, false, {"CAP_NET_RAW"}}, once},
        {ExecFact{"/usr/sbin/nginx", false, false, true, {}}, once},
        {RequestFact{Request::writable_code, "mprotect", 0}, once},
        {RequestFact{Request::namespace_, "user", 1}, once},
        {FileSystemFact{"ext4"}, once},
        {FileSystemFact{"proc"}, once},
    };
    p.directories = {{"/var/lib/nginx", {true, true, 0755, "www-data", "root", false, "ext4"}},
                     {"/var/lib/nginx/\n", {false, false, 01777, "1000", "1000", true, ""}}};
    p.peaks = {{Used::tasks, {12, {"/proc/PID/status", "pids.peak"}}}, {Used::locked_bytes, {0, {"/proc/PID/status"}}}};
    return p;
}

const std::vector<std::string>& hostile_strings() {
    static const std::vector<std::string> strings = [] {
        std::string every_byte;
        for (int byte = 1; byte < 256; ++byte) every_byte += static_cast<char>(byte);
        return std::vector<std::string>{"",
                                        " ",
                                        "\n",
                                        "a\nExecStart=/bin/sh",
                                        "\"",
                                        "\\",
                                        "\\x41",
                                        "\\\\x",
                                        "%n",
                                        "$HOME",
                                        "'",
                                        "\x7f",
                                        "\x1b[2J",
                                        "\xff\xfe",
                                        "\xc3",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80",
                                        "\xc2\x80",
                                        "\xe2\x80\xae",
                                        "\xef\xbb\xbf",
                                        "{\"a\": [1]}",
                                        every_byte,
                                        std::string(5000, 'x'),
                                        "\xe6\x97\xa5"};
    }();
    return strings;
}

std::string Generator::hostile() {
    const auto& all = hostile_strings();
    return all[below(static_cast<std::uint32_t>(all.size()))];
}

std::set<std::string> Generator::few(const char* prefix, std::uint32_t most) {
    std::set<std::string> out;
    for (auto n = below(most + 1); n > 0; --n) out.insert(prefix + std::to_string(below(40)));
    return out;
}

std::set<int> Generator::errors() {
    std::set<int> out;
    for (auto n = below(3); n > 0; --n) out.insert(static_cast<int>(1 + below(40)));
    return out;
}

Evidence Generator::evidence() {
    Evidence e;
    e.count = 1 + below(1000);
    e.windows = 1 + below(10);
    e.first_us = chance() ? 0 : 1 + below(1000);
    e.last_us = e.first_us + below(1000);
    e.executables = few("/usr/bin/", 20);
    e.syscalls = few("call", 4);
    e.assumed = chance();
    if (e.executables.size() > Evidence::kMaxExecutables) e.executables.clear();
    return e;
}

Fact Generator::fact() {
    const auto directory = [this] { return "/d" + std::to_string(below(3)); };
    const auto resolution = [this] { return static_cast<Resolution>(below(4)); };
    switch (below(10)) {
        case 0:
            return SyscallFact{"call" + std::to_string(below(4)), static_cast<Abi>(below(2)), chance(), errors(),
                               chance()};
        case 1:
            return FileFact{static_cast<FileOp>(below(18)),
                            directory(),
                            FileKind::regular,
                            static_cast<int>(below(2)),
                            few("name", 6),
                            chance() && chance(),
                            resolution(),
                            below(01000)};
        case 2:
            return MoveFact{static_cast<MoveOp>(below(3)), directory(), directory(), 0, few("from", 6), few("to", 6),
                            chance() && chance(),          resolution()};
        case 3:
            return CapabilityFact{"CAP_" + std::to_string(below(3)),
                                  few("c", 1).empty() ? "" : "mmap",
                                  chance(),
                                  false,
                                  static_cast<CapabilityUse>(below(3)),
                                  static_cast<CapabilityLack>(below(4)),
                                  chance(),
                                  static_cast<int>(below(2)),
                                  few("caller", 3)};
        case 4:
            return CapabilityRequestFact{"CAP_" + std::to_string(below(3)), chance(), 0};
        case 5:
            return SocketFact{"AF_UNIX", "SOCK_STREAM", static_cast<int>(below(3)) - 1, 0};
        case 6:
            return AddressFact{static_cast<AddressOp>(below(3)), "AF_INET", "127.0.0.1", false, below(3), 0};
        case 7:
            return RequestFact{static_cast<Request>(below(4)), "v" + std::to_string(below(3)), 0};
        case 8:
            return FileSystemFact{"fs" + std::to_string(below(3))};
        default:
            return ExecFact{"/bin/" + std::to_string(below(3)), chance(), chance(), chance(), few("CAP_", 3)};
    }
}

Fact Generator::hostile_fact() {
    const auto path = [this] { return chance() ? "/" + hostile() : hostile(); };
    switch (below(4)) {
        case 0:
            return FileFact{static_cast<FileOp>(below(16)), path(), FileKind::anonymous, 0,
                            {hostile(), hostile()},         false,  Resolution::walked,  below(010000)};
        case 1:
            return MoveFact{MoveOp::exchange, path(), path(), 0, {hostile()}, {hostile(), path()}, false, {}};
        case 2:
            return AddressFact{AddressOp::send, "AF_UNIX", hostile() + std::string(1, '\0') + hostile(), true, 0, 0};
        default:
            return ExecFact{path(), false, false, false, {}};
    }
}

Profile Generator::profile() {
    Profile p;
    p.unit = "some.service";
    p.tool_version = "0." + std::to_string(below(3));
    p.host.kernel = "6." + std::to_string(below(20));
    last_run_ += 1 + below(1000);
    p.runs = {{last_run_, last_run_ + 1, "observe", {}, std::nullopt, true}};
    for (std::uint32_t subject = 0; subject < 5; ++subject) {
        if (below(4) == 0) continue;
        p.coverage.subjects[static_cast<Subject>(subject)] = {true, "mechanism " + std::to_string(below(3)),
                                                              few("blind spot ", 3)};
    }
    for (std::uint32_t phase = 0; phase < 3; ++phase) {
        if (below(4) != 0) p.coverage.phases.insert(static_cast<Phase>(phase));
    }
    for (const auto& reason : few("loss", 2)) p.coverage.losses[reason] = 1 + below(10);
    for (const auto& reason : few("retry", 2)) p.coverage.retries[reason] = 1 + below(10);
    p.settings.values["User"] = {"user" + std::to_string(below(3))};
    p.directories["/d" + std::to_string(below(3))] = {true, chance(), below(01000), "root", "root", false, "ext4"};
    p.peaks[static_cast<Used>(below(5))] = {below(100), few("source ", 2)};
    FactSet facts;
    for (auto n = below(60); n > 0; --n) facts.add(fact(), evidence());
    p.facts = facts.sorted();
    return p;
}

}  // namespace sandfit::profile::examples
