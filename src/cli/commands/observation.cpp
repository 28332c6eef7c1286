#include "cli/commands/observation.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/child.h"
#include "cli/terminal.h"
#include "observe/probe.h"
#include "render/describe.h"
#include "render/escape.h"

namespace sandfit::cli {
namespace {

observe::Probes probes_of(const Arguments& arguments) {
    const std::string given = arguments.value("probes").value_or("auto");
    if (given == "trampoline") return observe::Probes::trampoline;
    if (given == "tracepoint") return observe::Probes::tracepoint;
    return observe::Probes::automatic;
}

std::string phases_text(const Coverage& coverage) {
    std::vector<std::string_view> seen;
    if (coverage.phases.contains(Phase::start)) seen.emplace_back("start");
    if (coverage.phases.contains(Phase::reload)) seen.emplace_back("reload");
    if (coverage.phases.contains(Phase::stop)) seen.emplace_back("stop");
    return seen.empty() ? "neither start nor stop seen" : fmt::format("{} seen", fmt::join(seen, " and "));
}

std::string losses_text(const Coverage& coverage) {
    std::uint64_t retries = 0;
    for (const auto& [reason, count] : coverage.retries) retries += count;
    std::string text = coverage.lost_anything() ? "something was lost" : "nothing lost";
    if (retries > 0) text += fmt::format(" ({} retried)", retries);
    return text;
}

}  // namespace

Result<void> check_root(const VerbSpec& verb) {
    if (::geteuid() == 0) return observe::check_host();
    return Error{ErrorKind::not_permitted,
                 fmt::format("`sandfit {}` loads programs into the kernel and must be run as root", verb.name), 0,
                 "run it with sudo; show, suggest and merge need no privileges"};
}

SessionOptions session_options(const Arguments& arguments, std::string how, Sharing sharing) {
    SessionOptions options;
    options.how = std::move(how);
    options.observer.probes = probes_of(arguments);
    if (const auto bytes = arguments.number("ring-bytes")) options.observer.ring_bytes = *bytes;
    if (const auto keys = arguments.number("max-file-keys")) options.observer.max_file_keys = *keys;
    if (arguments.has("quiet")) {
        options.progress = ProgressStyle::silent;
    } else if (is_terminal(Stream::err) && sharing == Sharing::alone) {
        options.progress = ProgressStyle::live;
    }
    return options;
}

std::optional<Session::Clock::time_point> deadline_of(const Arguments& arguments) {
    const auto duration = arguments.duration("duration");
    return duration ? std::optional(Session::Clock::now() + *duration) : std::nullopt;
}

std::array<profile::KindCount, profile::kFactKinds> count_facts(const Profile& profile) {
    std::array<profile::KindCount, profile::kFactKinds> counts{};
    for (std::size_t kind = 0; kind < counts.size(); ++kind) counts[kind].kind = profile::kFactKindNames[kind];
    for (const SeenFact& seen : profile.facts) ++counts[seen.fact.index()].facts;
    return counts;
}

std::string report_text(const std::vector<SavedProfile>& saved) {
    std::string text;
    for (const auto& [path, profile, gaps] : saved) {
        text += fmt::format("{}: {}\n", base::escape_bytes(profile.unit), counts_text(count_facts(profile)));
        text += fmt::format("  {}; {}\n", phases_text(profile.coverage), losses_text(profile.coverage));
        if (const std::string ways = render::describe_ways(profile.coverage); !ways.empty()) {
            render::add_wrapped(text, "watched: " + ways, 2, 2, render::kDropInColumns);
        }
        for (const std::string& gap : gaps) text += fmt::format("  incomplete: {}\n", base::escape_bytes(gap));
        if (!profile.runs.empty() && profile.runs.back().workload_status) {
            text += fmt::format("  the workload {}\n", describe_status(*profile.runs.back().workload_status));
        }
        text += fmt::format("  saved to {}\n", base::escape_bytes(path));
    }
    if (!text.empty()) text.pop_back();
    return text;
}

std::string report_json(const std::vector<SavedProfile>& saved, bool interrupted) {
    nlohmann::ordered_json document;
    document["interrupted"] = interrupted;
    document["profiles"] = nlohmann::ordered_json::array();
    for (const auto& [path, profile, gaps] : saved) {
        nlohmann::ordered_json entry;
        entry["unit"] = base::escape_bytes(profile.unit);
        entry["file"] = base::escape_bytes(path);
        entry["incomplete"] = nlohmann::ordered_json::array();
        for (const std::string& gap : gaps) entry["incomplete"].push_back(base::escape_bytes(gap));
        for (const auto& [kind, facts] : count_facts(profile)) entry["facts"][std::string(kind)] = facts;
        entry["start_seen"] = profile.coverage.phases.contains(Phase::start);
        entry["stop_seen"] = profile.coverage.phases.contains(Phase::stop);
        entry["losses"] = profile.coverage.losses;
        entry["retries"] = profile.coverage.retries;
        const bool has_status = !profile.runs.empty() && profile.runs.back().workload_status;
        entry["workload_status"] =
            has_status ? nlohmann::ordered_json(*profile.runs.back().workload_status) : nlohmann::ordered_json();
        document["profiles"].push_back(std::move(entry));
    }
    return document.dump(2) + "\n";
}

Result<ExitCode> report(const Arguments& arguments, const std::vector<SavedProfile>& saved, bool interrupted) {
    const bool quiet = arguments.has("quiet");
    const bool incomplete = std::ranges::any_of(saved, [](const SavedProfile& one) { return !one.gaps.empty(); });
    if (!quiet) {
        tell(report_text(saved));
        if (incomplete && !arguments.has("accept-incomplete")) {
            tell("sandfit: the recording is incomplete; --accept-incomplete takes it as it is");
        }
    }
    if (arguments.has("json")) {
        if (const auto printed = print(report_json(saved, interrupted)); !printed) return printed.error();
    }
    return exit_code_of(ObservationEnd{interrupted, incomplete, arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
