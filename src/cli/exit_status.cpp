#include "cli/exit_status.h"

#include <fmt/core.h>

#include <array>
#include <string_view>
#include <utility>

namespace sandfit::cli {

ExitCode exit_code_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::usage:
            return ExitCode::usage;
        case ErrorKind::not_permitted:
            return ExitCode::not_permitted;
        case ErrorKind::unsupported:
            return ExitCode::unsupported;
        case ErrorKind::interrupted:
            return ExitCode::interrupted;
        case ErrorKind::incomplete:
            return ExitCode::incomplete;
        case ErrorKind::failed:
        case ErrorKind::bad_input:
            break;
    }
    return ExitCode::failed;
}

std::vector<std::string> gaps_of(const Coverage& coverage, StartSeen start) {
    constexpr std::array kSubjects{
        std::pair{Subject::syscalls, std::string_view("system calls")},
        std::pair{Subject::files, std::string_view("file accesses")},
        std::pair{Subject::capabilities, std::string_view("capabilities")},
        std::pair{Subject::sockets, std::string_view("sockets")},
        std::pair{Subject::executions, std::string_view("executed programs")},
        std::pair{Subject::requests, std::string_view("arguments of calls")},
    };
    std::vector<std::string> gaps;
    for (const auto& [reason, count] : coverage.losses) gaps.push_back(fmt::format("lost: {} ({})", reason, count));
    for (const auto& [subject, name] : kSubjects) {
        const auto it = coverage.subjects.find(subject);
        // Requests came after the first profiles, which do not name them: see render::describe_gaps().
        if (it == coverage.subjects.end() && subject == Subject::requests) continue;
        if (it == coverage.subjects.end() || !it->second.watched)
            gaps.push_back(fmt::format("not watched: {}", name));
    }
    if (start == StartSeen::required && !coverage.phases.contains(Phase::start)) {
        gaps.emplace_back("the start was not seen");
    }
    return gaps;
}

ExitCode exit_code_of(const ObservationEnd& end) {
    if (end.interrupted) return ExitCode::interrupted;
    if (end.incomplete && !end.accept_incomplete) return ExitCode::incomplete;
    return ExitCode::done;
}

}  // namespace sandfit::cli
