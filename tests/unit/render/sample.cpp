#include "sample.h"

#include <cerrno>
#include <string>
#include <utility>

using namespace sandfit;

namespace sample {
namespace {

constexpr std::int64_t kStart = 1'795'320'332'000'000;  // 2026-11-22 04:05:32 UTC

Evidence evidence(std::uint64_t count, std::int64_t after_ms, std::set<std::string> syscalls) {
    Evidence seen;
    seen.count = count;
    seen.first_us = kStart + after_ms * 1000;
    seen.last_us = seen.first_us + static_cast<std::int64_t>(count - 1) * 40'000'000;
    seen.windows = 1;
    seen.executables = {"/usr/sbin/nginx"};
    seen.syscalls = std::move(syscalls);
    return seen;
}

}  // namespace

Profile profile() {
    Profile p;
    p.unit = "nginx.service";
    p.tool_version = "0.1.0";
    p.host = {"6.1.0-18-amd64", "x86_64", "glibc 2.36", "Debian GNU/Linux 12 (bookworm)", "252.39-1~deb12u2"};
    Run run;
    run.started_us = kStart;
    run.ended_us = kStart + 65'000'000;
    run.how = "observe --restart";
    run.workload = {"curl", "-sf", "http://127.0.0.1/\n"};
    run.workload_status = 0;
    run.complete = true;
    p.runs = {run};

    p.coverage.phases = {Phase::start};
    for (const Subject subject : {Subject::syscalls, Subject::requests}) {
        p.coverage.subjects[subject] = {true, "tp_btf/sys_exit", {}};
    }
    p.coverage.subjects[Subject::files] = {
        true,
        "fentry/mnt_want_write, fentry/security_path_*, iter/task_file, tp_btf/sys_exit",
        {"opens through io_uring"}};
    p.coverage.subjects[Subject::capabilities] = {true, "fexit/cap_capable", {}};
    p.coverage.subjects[Subject::executions] = {true, "tp_btf/sched_process_exec", {}};
    p.coverage.losses = {{"file_map_full", 3}};
    p.coverage.retries = {{"ring_full", 12}};

    p.facts.push_back({SyscallFact{"openat", Abi::native, false}, evidence(2, 1200, {})});
    p.facts.push_back({SyscallFact{"clock_gettime", Abi::compat, true}, evidence(1, 3000, {})});
    FileFact create;
    create.op = FileOp::create;
    create.directory = "/run";
    create.kind = FileKind::regular;
    create.names = {"nginx.pid"};
    p.facts.push_back({create, evidence(1, 500, {"openat"})});
    FileFact hostile;
    hostile.op = FileOp::write;
    hostile.directory = "/srv/evil\nPrivateTmp=no";
    hostile.names = {"a", "b\x1b[31m", "c\xff", "d"};
    hostile.many = true;
    hostile.error = EROFS;
    hostile.resolution = Resolution::lexical;
    p.facts.push_back({hostile, evidence(1, 600, {"openat", "creat"})});
    p.facts.push_back(
        {MoveFact{MoveOp::rename, "/var/lib/nginx/tmp", "/var/lib/nginx", 0, {"a"}, {"b"}, false, Resolution::walked},
         evidence(1, 700, {"rename"})});
    p.facts.push_back(
        {CapabilityFact{"CAP_SETUID", "setuid", true, false, CapabilityUse::need, {}, false, 0, {"ns_capable_setid"}},
         evidence(1, 800, {"setuid"})});
    p.facts.push_back({CapabilityFact{"CAP_SYS_ADMIN", "", false, true, CapabilityUse::probe, {}, false, 0, {}},
                       evidence(1, 810, {})});
    p.facts.push_back({CapabilityRequestFact{"CAP_NET_RAW", true, EPERM}, evidence(1, 820, {"prctl"})});
    p.facts.push_back({SocketFact{"AF_INET", "SOCK_STREAM", 6, 0}, evidence(1, 900, {"socket"})});
    p.facts.push_back({AddressFact{AddressOp::bind, "AF_INET6", "::", false, 80, 0}, evidence(1, 910, {"bind"})});
    p.facts.push_back(
        {AddressFact{AddressOp::connect, "AF_UNIX", "x", true, 0, ECONNREFUSED}, evidence(1, 920, {"connect"})});
    ExecFact exec;
    exec.path = "/usr/bin/ping";
    exec.set_user_id = true;
    exec.file_capabilities = {"CAP_NET_RAW"};
    p.facts.push_back({exec, evidence(1, 950, {"execve"})});
    p.facts.push_back({FileSystemFact{"ext4"}, evidence(61, 950, {"execve", "openat"})});
    p.peaks = {{Used::tasks, {12, {"pids.peak"}}},
               {Used::tasks_of_user, {11, {"/proc/PID/status"}}},
               {Used::open_files, {34, {"/proc/PID/fd"}}},
               {Used::locked_bytes, {0, {"/proc/PID/status"}}},
               {Used::resident_bytes, {44040192, {"/proc/PID/status"}}}};
    return p;
}

std::vector<Suggestion> suggestions() {
    const auto make = [](const char* directive, Verdict verdict, ValueForm form, std::vector<std::string> items,
                         const char* reason) {
        Suggestion suggestion;
        suggestion.directive = directive;
        suggestion.verdict = verdict;
        suggestion.form = form;
        suggestion.items = std::move(items);
        suggestion.reason = reason;
        return suggestion;
    };
    std::vector<Suggestion> all;
    all.push_back(make("ProtectSystem", Verdict::suggest, ValueForm::word, {"strict"},
                       "it wrote below 3 directories only, which ReadWritePaths= keeps writable"));
    all.back().because = {2, 3, 4};
    all.push_back(
        make("ReadWritePaths", Verdict::suggest, ValueForm::paths,
             {"-/run", "/var/lib/nginx", "-/srv/100% \"fine\" \\o/", "/srv/evil\nPrivateTmp=no", "/srv/\xff"},
             "it wrote to /srv/evil\nPrivateTmp=no and to /srv/\\ among others"));
    all.back().reset_first = true;
    all.back().caveats = {"a directory that only a rare request writes to was not seen"};
    all.back().because = {2, 3};
    all.push_back(make("PrivateTmp", Verdict::keep, ValueForm::word, {}, "the unit sets it already"));
    all.push_back(make("NoNewPrivileges", Verdict::abstain, ValueForm::word, {},
                       "it executed /usr/bin/ping, which is set-user-ID"));
    all.back().because = {11};
    all.push_back(make("CapabilityBoundingSet", Verdict::suggest, ValueForm::words, {}, "it used no capability"));
    all.push_back(make("RestrictAddressFamilies", Verdict::suggest, ValueForm::words,
                       {"AF_INET", "AF_INET6", "AF_UNIX"}, "the only families of its sockets"));
    std::vector<std::string> calls;
    for (int i = 0; i < 30; ++i) calls.push_back("syscall_number_" + std::to_string(i));
    all.push_back(make("SystemCallFilter", Verdict::suggest, ValueForm::words, calls, "30 syscalls were seen"));
    all.push_back(make("SystemCallFilter", Verdict::suggest, ValueForm::words,
                       {"@system-service", "~@privileged", "@resources"}, "as the host's group, less two"));
    return all;
}

}  // namespace sample
