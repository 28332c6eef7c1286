#include "render/describe.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"

namespace sandfit::render {
namespace {

// Enough to recognise what is meant; the profile file has all.
constexpr std::size_t kMaxNamesShown = 3;

std::string_view word_for(FileOp op) {
    switch (op) {
        case FileOp::read:
            return "read";
        case FileOp::write:
            return "write";
        case FileOp::create:
            return "create";
        case FileOp::create_tmpfile:
            return "create a nameless file in";
        case FileOp::make_directory:
            return "make directory";
        case FileOp::make_node:
            return "make node";
        case FileOp::make_socket:
            return "make socket";
        case FileOp::make_symlink:
            return "make symbolic link";
        case FileOp::remove:
            return "remove";
        case FileOp::remove_directory:
            return "remove directory";
        case FileOp::truncate:
            return "truncate";
        case FileOp::change_mode:
            return "change mode of";
        case FileOp::change_owner:
            return "change owner of";
        case FileOp::change_times:
            return "change times of";
        case FileOp::change_xattr:
            return "change extended attributes of";
        case FileOp::execute:
            return "execute";
        case FileOp::look:
            return "look at";
        case FileOp::map:
            return "map for execution";
    }
    return "touch";
}

std::string_view word_for(FileKind kind) {
    switch (kind) {
        case FileKind::unknown:
        case FileKind::regular:
            return "";
        case FileKind::directory:
            return "directory";
        case FileKind::symlink:
            return "symbolic link";
        case FileKind::fifo:
            return "FIFO";
        case FileKind::socket:
            return "socket";
        case FileKind::char_device:
            return "character device";
        case FileKind::block_device:
            return "block device";
        case FileKind::anonymous:
            return "nameless";
    }
    return "";
}

std::string_view word_for(MoveOp op) {
    switch (op) {
        case MoveOp::rename:
            return "rename";
        case MoveOp::exchange:
            return "exchange";
        case MoveOp::link:
            return "link";
    }
    return "move";
}

std::string_view word_for(AddressOp op) {
    switch (op) {
        case AddressOp::bind:
            return "bind";
        case AddressOp::connect:
            return "connect to";
        case AddressOp::send:
            return "send to";
    }
    return "use";
}

/// "/run/nginx.pid", "/var/lib/x/{a, b, c, ...}", "/var/lib/x/" when no name is known.
std::string paths_of(const std::string& directory, const std::set<std::string>& names, bool many) {
    if (names.empty()) return base::escape_bytes(directory) + (many ? "/..." : "");
    if (names.size() == 1 && !many) return base::escape_bytes(base::join(directory, *names.begin()));
    std::string list;
    std::size_t shown = 0;
    for (const auto& name : names) {
        if (shown++ == kMaxNamesShown) break;
        if (!list.empty()) list += ", ";
        list += base::escape_bytes(name);
    }
    if (many || names.size() > kMaxNamesShown) list += ", ...";
    return fmt::format("{}{}{{{}}}", base::escape_bytes(directory), directory == "/" ? "" : "/", list);
}

void add_error(std::string& text, int error) {
    if (error != 0) text += fmt::format(", refused with {}", base::errno_name(error));
}

void add_resolution(std::string& text, Resolution resolution) {
    if (resolution == Resolution::lexical) text += " (path not checked)";
    if (resolution == Resolution::cut) text += " (front of the path not known)";
}

std::string joined(const std::set<std::string>& items, std::size_t most, std::string_view separator = ", ") {
    std::string text;
    std::size_t shown = 0;
    for (const auto& item : items) {
        if (shown == most) return text + fmt::format(" and {} more", items.size() - shown);
        if (shown++ != 0) text += separator;
        text += base::escape_bytes(item);
    }
    return text;
}

struct Describe {
    std::string operator()(const SyscallFact& fact) const {
        std::string text = base::escape_bytes(fact.name);
        if (fact.abi == Abi::compat) text += " (compatibility ABI)";
        if (fact.by_unwinding) text += " (only as the last call of a task)";
        for (const int error : fact.refusals) text += ", refused by a filter with " + base::errno_name(error);
        if (fact.killed) text += ", for which a filter ended the process";
        return text;
    }
    std::string operator()(const FileFact& fact) const {
        std::string text = fmt::format("{} {}", word_for(fact.op), paths_of(fact.directory, fact.names, fact.many));
        if (const auto kind = word_for(fact.kind); !kind.empty()) text += fmt::format(" ({})", kind);
        add_resolution(text, fact.resolution);
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const MoveFact& fact) const {
        std::string text =
            fmt::format("{} {} to {}", word_for(fact.op), paths_of(fact.from_directory, fact.from_names, fact.many),
                        paths_of(fact.to_directory, fact.to_names, fact.many));
        add_resolution(text, fact.resolution);
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const CapabilityFact& fact) const {
        std::string text = base::escape_bytes(fact.capability);
        text +=
            fact.syscall.empty() ? std::string(" outside of a syscall") : " in " + base::escape_bytes(fact.syscall);
        if (!fact.granted) text += ", not granted";
        if (fact.lack == CapabilityLack::not_in_bounds) text += " (not in the bounding set)";
        if (fact.lack == CapabilityLack::other_namespace) text += " (from inside a user namespace)";
        if (!fact.granted && fact.error != 0) text += ", and the call failed with " + base::errno_name(fact.error);
        if (fact.use == CapabilityUse::probe) text += ", only looked at";
        if (fact.use == CapabilityUse::unclassified) text += ", purpose not known";
        if (fact.own_user_namespace) text += ", in a user namespace of its own";
        if (!fact.callers.empty()) text += fmt::format(" ({})", joined(fact.callers, kMaxNamesShown));
        return text;
    }
    std::string operator()(const CapabilityRequestFact& fact) const {
        std::string text =
            fmt::format("asks for {}{}", fact.ambient ? "ambient " : "", base::escape_bytes(fact.capability));
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const SocketFact& fact) const {
        std::string text =
            fmt::format("socket {} {}", base::escape_bytes(fact.family), base::escape_bytes(fact.type));
        if (fact.protocol != 0) text += fmt::format(" protocol {}", fact.protocol);
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const AddressFact& fact) const {
        std::string text = fmt::format("{} {} ", word_for(fact.op), base::escape_bytes(fact.family));
        const std::string address = base::escape_bytes(fact.address);
        if (fact.family == "AF_INET6") {
            text += fmt::format("[{}]:{}", address, fact.port);
        } else if (fact.family == "AF_INET") {
            text += fmt::format("{}:{}", address, fact.port);
        } else {
            text += fact.abstract ? "@" + address : address;
        }
        if (text.back() == ' ') text.pop_back();
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const ExecFact& fact) const {
        std::string text = "execute " + base::escape_bytes(fact.path);
        if (fact.set_user_id) text += ", set-user-ID";
        if (fact.set_group_id) text += ", set-group-ID";
        if (!fact.file_capabilities.empty()) {
            text += ", with file capabilities " + joined(fact.file_capabilities, kMaxNamesShown, " ");
        }
        return text;
    }
    std::string operator()(const RequestFact& fact) const {
        const std::string value = base::escape_bytes(fact.value);
        std::string text;
        switch (fact.request) {
            case Request::writable_code:
                text = "executable memory by " + value;
                break;
            case Request::namespace_:
                text = "namespace " + value;
                break;
            case Request::personality:
                text = "personality " + value;
                break;
            case Request::scheduling:
                text = "scheduling policy " + value;
                break;
        }
        add_error(text, fact.error);
        return text;
    }
    std::string operator()(const FileSystemFact& fact) const { return "files on " + base::escape_bytes(fact.type); }
};

std::string seconds_text(std::int64_t microseconds) {
    const std::int64_t seconds = microseconds / 1'000'000;
    if (seconds < 0) return "unknown";
    if (seconds < 600) return fmt::format("{} s", seconds);
    if (seconds < 36'000) return fmt::format("{} min", seconds / 60);
    return fmt::format("{} h", seconds / 3600);
}

void add_part(std::string& text, const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += ", ";
    text += part;
}

}  // namespace

std::string describe_fact(const Fact& fact) {
    return std::visit(Describe(), fact);
}

std::string describe_evidence(const Evidence& evidence) {
    std::string text = base::count_of(evidence.count, "time", "times");
    if (!evidence.executables.empty()) text += ", by " + joined(evidence.executables, 2);
    if (!evidence.syscalls.empty()) text += ", in " + joined(evidence.syscalls, kMaxNamesShown);
    if (evidence.assumed) text += ", refused by a sandbox that was tried";
    return text;
}

std::string describe_host(const HostIdentity& host) {
    std::string text;
    add_part(text, base::escape_bytes(host.os));
    add_part(text, host.kernel.empty() ? "" : "Linux " + base::escape_bytes(host.kernel));
    add_part(text, host.systemd.empty() ? "" : "systemd " + base::escape_bytes(host.systemd));
    add_part(text, base::escape_bytes(host.libc));
    add_part(text, base::escape_bytes(host.architecture));
    return text.empty() ? "unknown" : text;
}

std::string describe_time(std::int64_t microseconds) {
    using namespace std::chrono;
    constexpr std::int64_t kYear9999 = 253'402'300'800;  // seconds; beyond, dates have no agreed form
    const std::int64_t since_1970 = microseconds / 1'000'000;
    if (microseconds <= 0 || since_1970 >= kYear9999) return "unknown";
    const sys_seconds time{seconds(since_1970)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::string describe_run(const Run& run) {
    std::string text = describe_time(run.started_us);
    // Subtracted only when both are sane: the file may hold any number.
    if (run.started_us > 0 && run.ended_us >= run.started_us)
        add_part(text, seconds_text(run.ended_us - run.started_us));
    add_part(text, base::escape_bytes(run.how));
    if (!run.workload.empty()) {
        add_part(text, fmt::format("workload `{}`", base::escape_bytes(base::join_with(run.workload, " "))));
        if (run.workload_status) text += fmt::format(" (exit status {})", *run.workload_status);
    }
    return text;
}

std::string describe_peaks(const std::map<Used, Peak>& peaks) {
    const auto told = [](Used what, std::uint64_t value) -> std::string {
        switch (what) {
            case Used::tasks:
                return base::count_of(value, "task", "tasks");
            case Used::tasks_of_user:
                return fmt::format("{} of one user", value);
            case Used::open_files:
                return base::count_of(value, "open file", "open files") + " in one process";
            case Used::locked_bytes:
                return fmt::format("{} KiB locked in one", value / 1024);
            case Used::resident_bytes:
                return fmt::format("{} KiB of memory in one", value / 1024);
        }
        return "";
    };
    std::string text;
    for (const auto& [what, peak] : peaks) add_part(text, told(what, peak.value));
    return text;
}

std::string describe_ways(const Coverage& coverage) {
    struct Way {
        std::string subjects;
        std::string_view mechanism;
    };
    std::vector<Way> ways;  // in the order of their first subjects
    for (const auto& [subject, how] : coverage.subjects) {
        if (!how.watched || how.mechanism.empty()) continue;
        auto way = std::ranges::find(ways, how.mechanism, &Way::mechanism);
        if (way == ways.end()) way = ways.insert(way, {"", how.mechanism});
        add_part(way->subjects, std::string(word_for(subject)));
    }
    std::string text;
    for (const auto& [subjects, mechanism] : ways) {
        text += fmt::format("{}{} by {}", text.empty() ? "" : "; ", subjects, base::escape_bytes(mechanism));
    }
    return text;
}

std::vector<std::string> describe_gaps(const Coverage& coverage, const std::vector<Run>& runs) {
    std::vector<std::string> gaps;
    std::string missing;
    for (const Phase phase : {Phase::start, Phase::reload, Phase::stop}) {
        if (coverage.phases.count(phase) == 0) add_part(missing, std::string(word_for(phase)));
    }
    if (!missing.empty()) gaps.push_back("not seen from beginning to end: " + missing);

    for (const Subject subject : {Subject::syscalls, Subject::files, Subject::capabilities, Subject::sockets,
                                  Subject::executions, Subject::requests, Subject::refusals}) {
        const auto found = coverage.subjects.find(subject);
        if (found == coverage.subjects.end() || !found->second.watched) {
            // Refusals are watched only when a sandbox is tried, so a profile without them lacks nothing. Requests
            // came after the first profiles: where they are not named, each directive that needs them says so.
            if (subject == Subject::refusals) continue;
            if (subject == Subject::requests && found == coverage.subjects.end()) continue;
            gaps.push_back(fmt::format("{} were not watched", word_for(subject)));
            continue;
        }
        for (const auto& spot : found->second.blind_spots) {
            gaps.push_back(fmt::format("{}: {}", word_for(subject), base::escape_bytes(spot)));
        }
    }
    for (const auto& [reason, count] : coverage.losses) {
        gaps.push_back(
            fmt::format("lost {} ({})", base::count_of(count, "record", "records"), base::escape_bytes(reason)));
    }
    std::size_t unfinished = 0;
    for (const auto& run : runs) unfinished += run.complete ? 0 : 1;
    if (unfinished != 0) {
        gaps.push_back(fmt::format("{} ended before sandfit could finish the recording",
                                   base::count_of(unfinished, "run", "runs")));
    }
    return gaps;
}

std::string_view word_for(Tightness tightness) {
    switch (tightness) {
        case Tightness::strict:
            return "strict";
        case Tightness::balanced:
            return "balanced";
        case Tightness::cautious:
            return "cautious";
    }
    return "unknown";
}

std::string_view word_for(Verdict verdict) {
    switch (verdict) {
        case Verdict::suggest:
            return "suggest";
        case Verdict::keep:
            return "keep";
        case Verdict::abstain:
            return "abstain";
    }
    return "unknown";
}

std::string_view word_for(Subject subject) {
    switch (subject) {
        case Subject::syscalls:
            return "syscalls";
        case Subject::files:
            return "files";
        case Subject::capabilities:
            return "capabilities";
        case Subject::sockets:
            return "sockets";
        case Subject::executions:
            return "executions";
        case Subject::requests:
            return "arguments of calls";
        case Subject::refusals:
            return "refusals by filters";
    }
    return "unknown";
}

std::string_view word_for(Phase phase) {
    switch (phase) {
        case Phase::start:
            return "start";
        case Phase::reload:
            return "reload";
        case Phase::stop:
            return "stop";
    }
    return "unknown";
}

}  // namespace sandfit::render
