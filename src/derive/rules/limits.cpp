// TasksMax=, LimitNPROC=, LimitNOFILE=, LimitMEMLOCK=, LimitCORE=
//
// Directive: how many tasks (processes and threads) the unit may have, how many all processes of its user may have,
// how many files a process may have open, how much memory it may lock, and how much of it a crash may write to disk.
// What is beyond fails: fork(2) with EAGAIN, open(2) with EMFILE, mlock(2) with ENOMEM; a dump is cut short.
//
// Concludes from: the most that was seen of each. It is sampled while the unit is observed, every few seconds and at
// the end (only `pids.peak` is kept by the kernel itself), and a busier day needs more: none is ever written into a
// drop-in, but a sensible value is told, with at least twice the room.
//
// Needs coverage of: nothing.
//
// Can be wrong when: never suggested.
//
// Since: systemd 247 or earlier
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

/// A limit that is advised upon by a peak.
struct Bound {
    const char* directive;
    Used used;
    const char* most;     // "at most N ..."
    std::uint64_t least;  // what even an idle unit is given
    bool bytes = false;
};

// Room for a reload, a stop command and a few helpers beside an idle service; for the libraries and sockets of a
// small one; for what a library locks that keeps keys in memory.
constexpr Bound kTasks{"TasksMax", Used::tasks, "tasks at a time", 32};
constexpr Bound kTasksOfUser{"LimitNPROC", Used::tasks_of_user, "tasks of one user at a time", 64};
constexpr Bound kOpenFiles{"LimitNOFILE", Used::open_files, "files open in one process", 256};
constexpr Bound kLockedBytes{"LimitMEMLOCK", Used::locked_bytes, "bytes of memory locked by one process", 64u << 10,
                             true};

/// As systemd reads it: "64K", "12M". Rounded up, where it does not come out even.
std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t kMebi = 1u << 20;
    constexpr std::uint64_t kKibi = 1u << 10;
    if (bytes >= kMebi) return std::to_string((bytes - 1) / kMebi + 1) + "M";
    if (bytes >= kKibi) return std::to_string((bytes - 1) / kKibi + 1) + "K";
    return std::to_string(bytes);
}

std::string text_of(const Bound& bound, std::uint64_t value) {
    return bound.bytes ? size_text(value) : std::to_string(value);
}

/// The limit that stands, as far as it is a number: of "1024:524288" the hard one, which the unit cannot raise.
std::optional<std::uint64_t> number_in(std::string_view limit) {
    limit.remove_prefix(std::min(limit.find(':') + 1, limit.size()));  // npos + 1 is 0
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(limit.data(), limit.data() + limit.size(), number);
    if (failed != std::errc() || end != limit.data() + limit.size()) return std::nullopt;
    return number;
}

std::uint64_t with_room(const Bound& bound, std::uint64_t peak) {
    constexpr std::uint64_t kHighest = std::uint64_t{1} << 62;
    return std::max(bound.least, peak > kHighest / 2 ? kHighest : std::bit_ceil(2 * peak));
}

/// True when more than three quarters of a limit were used: a day that is a little busier may meet it.
bool is_near(std::uint64_t peak, std::uint64_t limit) {
    return peak > limit / 4 * 3;
}

std::string sources_text(const Peak& peak) {
    return some_of({peak.sources.begin(), peak.sources.end()});
}

/// The limit that the peak would have met first: the soft one, unless the program raised it.
std::optional<std::uint64_t> nearest_limit(const UnitSettings& settings, const std::string& directive,
                                           std::uint64_t peak) {
    const auto soft = number_in(settings.scalar(directive + "Soft"));
    return soft && peak <= *soft ? soft : number_in(settings.scalar(directive));
}

Suggestion advice(const Situation& situation, const Bound& bound) {
    const Profile& profile = situation.profile;
    const auto found = profile.peaks.find(bound.used);
    if (found == profile.peaks.end()) {
        return abstain(bound.directive, "no process was there when it was looked: observe the unit while it runs");
    }
    const Peak& peak = found->second;
    const std::uint64_t value = with_room(bound, peak.value);
    const std::string assignment = std::string(bound.directive) + "=" + text_of(bound, value);
    const std::string seen =
        "at most " + text_of(bound, peak.value) + " " + bound.most + " were seen (by " + sources_text(peak) + ")";

    const auto nearest = nearest_limit(profile.settings, bound.directive, peak.value);
    if (nearest && is_near(peak.value, *nearest)) {
        return abstain(bound.directive, seen + ", near the limit of " + text_of(bound, *nearest) + ": " + assignment +
                                            " would give room");
    }
    const std::string limit = profile.settings.scalar(bound.directive);
    const auto number = number_in(limit);
    if (number && *number <= value) {
        return keep(bound.directive, seen + ", and the limit of " + text_of(bound, *number) + " is tight");
    }
    const std::string present = limit.empty() ? std::string() : number ? text_of(bound, *number) : clipped(limit);
    return abstain(bound.directive, seen + (present.empty() ? "" : ", and the limit is " + present) + ": " +
                                        assignment + " would leave room, if what was seen is usual");
}

Suggestion conclude_tasks(const Situation& situation) {
    return advice(situation, kTasks);
}

Suggestion conclude_tasks_of_user(const Situation& situation) {
    if (!situation.profile.peaks.empty() && situation.profile.peaks.count(Used::tasks_of_user) == 0) {
        return abstain(kTasksOfUser.directive, "all that was seen of it ran as root, whom it does not bind");
    }
    return advice(situation, kTasksOfUser);
}

Suggestion conclude_open_files(const Situation& situation) {
    return advice(situation, kOpenFiles);
}

Suggestion conclude_locked_bytes(const Situation& situation) {
    return advice(situation, kLockedBytes);
}

Suggestion conclude_core(const Situation& situation) {
    constexpr std::string_view kDirective = "LimitCORE";
    if (number_in(situation.profile.settings.scalar("LimitCORE")) == 0) {
        return keep(kDirective, "no process of the unit leaves a dump");
    }
    const auto found = situation.profile.peaks.find(Used::resident_bytes);
    const std::string size =
        found == situation.profile.peaks.end()
            ? std::string()
            : " (up to " + size_text(found->second.value) + " in one, by " + sources_text(found->second) + ")";
    return abstain(kDirective, "a crash may write the memory of a process to disk, with all secrets in it" + size +
                                   ": LimitCORE=0, unless the dumps are wanted");
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // never suggested
}

}  // namespace

Rule tasks_max() {
    return {kTasks.directive, conclude_tasks, denies};
}

Rule limit_nproc() {
    return {kTasksOfUser.directive, conclude_tasks_of_user, denies};
}

Rule limit_nofile() {
    return {kOpenFiles.directive, conclude_open_files, denies};
}

Rule limit_memlock() {
    return {kLockedBytes.directive, conclude_locked_bytes, denies};
}

Rule limit_core() {
    return {"LimitCORE", conclude_core, denies};
}

}  // namespace sandfit::derive::rules
