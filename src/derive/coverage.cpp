#include "derive/coverage.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/text.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

std::string_view name_of(Subject subject) {
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
    return "something";
}

/// The fact by which a unit shows that it opens sessions (sshd, cron, login): pam_loginuid(8) writes there once
/// for each. What runs in a session is the users', not the service's, and one workload tells nothing about it.
const SeenFact* opened_session(const Profile& profile) {
    for (const auto& seen : profile.facts) {
        const auto* file = std::get_if<FileFact>(&seen.fact);
        if (file != nullptr && file->op == FileOp::write && file->error == 0 &&
            file->directory.starts_with("/proc") && file->names.count("loginuid") != 0) {
            return &seen;
        }
    }
    return nullptr;
}

}  // namespace

bool loss_concerns(const std::string& reason, Subject subject) {
    // Loss counters are named by what they lost. A name that is not known here concerns everything.
    struct Known {
        std::string_view prefix;
        std::set<Subject> subjects;
    };
    static const std::array<Known, 11> kKnown = {{{"syscall_", {Subject::syscalls}},
                                                  {"file_", {Subject::files}},
                                                  {"path_", {Subject::files}},
                                                  {"move_", {Subject::files}},
                                                  {"capability_", {Subject::capabilities}},
                                                  {"socket_", {Subject::sockets}},
                                                  {"address_", {Subject::sockets}},
                                                  {"exec_", {Subject::executions}},
                                                  {"request_", {Subject::requests}},
                                                  {"io_uring_", {Subject::files, Subject::sockets}},
                                                  {"compat_socketcall_", {Subject::files, Subject::sockets}}}};
    const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                    [&](const Known& entry) { return reason.starts_with(entry.prefix); });
    return known == kKnown.end() || known->subjects.count(subject) != 0;
}

std::optional<std::string> obstacle(const Situation& situation, std::initializer_list<Subject> subjects) {
    const Coverage& coverage = situation.profile.coverage;
    for (const Subject subject : subjects) {
        const auto it = coverage.subjects.find(subject);
        if (it == coverage.subjects.end() || !it->second.watched) {
            return std::string(name_of(subject)) + " were not watched";
        }
    }
    if (situation.profile.facts.empty()) return "the unit did nothing while it was watched";
    if (coverage.phases.count(Phase::start) == 0) {
        return "start-up was not seen, and what it needs is not known: observe with --restart";
    }
    for (const Subject subject : subjects) {
        for (const auto& [reason, count] : coverage.losses) {
            if (!loss_concerns(reason, subject)) continue;
            return base::count_of(count, "record was", "records were") + " lost (" + clipped(reason) +
                   "), so not everything about " + std::string(name_of(subject)) + " is known: observe again";
        }
    }
    if (const auto* session = opened_session(situation.profile)) {
        return "the unit opens sessions for users (" + describe(session->fact) + "), and what they run is not known";
    }
    return std::nullopt;
}

std::vector<std::string> doubts(const Situation& situation, std::initializer_list<Subject> subjects) {
    const Profile& profile = situation.profile;
    std::vector<std::string> caveats;
    for (const Subject subject : subjects) {
        const auto it = profile.coverage.subjects.find(subject);
        if (it == profile.coverage.subjects.end()) continue;
        for (const auto& spot : it->second.blind_spots) caveats.push_back("not seen: " + spot);
    }
    if (profile.coverage.phases.count(Phase::stop) == 0) caveats.emplace_back("how the unit stops was not seen");
    const auto reload = profile.settings.values.find("ExecReload");
    const bool reloads = reload != profile.settings.values.end() && !reload->second.empty();
    if (reloads && profile.coverage.phases.count(Phase::reload) == 0) {
        caveats.emplace_back("how the unit reloads was not seen");
    }
    if (std::any_of(profile.runs.begin(), profile.runs.end(), [](const Run& run) { return !run.complete; })) {
        caveats.emplace_back("a recording was cut short");
    }
    return caveats;
}

}  // namespace sandfit::derive
