#include "derive/standing.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "derive/syscall_sets.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

using Words = std::vector<std::string>;

/// systemd's words for "not restricted".
bool is_open(const Words& words) {
    constexpr std::array<std::string_view, 9> kOpen{"",        "no",  "false",   "off", "0",
                                                    "default", "all", "inherit", "auto"};
    return words.size() == 1 && std::ranges::find(kOpen, words.front()) != kOpen.end();
}

/// A list that may be a deny-list, as the list of what it allows of what was seen.
Words allowed_families(const Profile& profile, const Words& words) {
    if (!words.front().starts_with('~')) return words;
    std::set<std::string> denied(words.begin(), words.end());
    denied.insert(words.front().substr(1));
    std::set<std::string> allowed;
    for (const auto& seen : profile.facts) {
        const auto* socket = std::get_if<SocketFact>(&seen.fact);
        if (socket != nullptr && denied.count(socket->family) == 0) allowed.insert(socket->family);
    }
    if (allowed.empty()) return {"none"};
    return {allowed.begin(), allowed.end()};
}

Words allowed_calls(const Profile& profile, const UnitSettings& present, const Host& host) {
    const PresentFilter filter(host, present);
    std::set<std::string> allowed = {"exit_group"};  // always allowed; an empty list would be no filter
    for (const auto& seen : profile.facts) {
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        if (call != nullptr && filter.allows(call->name)) allowed.insert(call->name);
    }
    return {allowed.begin(), allowed.end()};
}

}  // namespace

bool refuses_nothing(std::string_view directive) {
    constexpr std::array<std::string_view, 18> kHarmless{"AmbientCapabilities",
                                                         "CacheDirectory",
                                                         "ConfigurationDirectory",
                                                         "Delegate",
                                                         "DynamicUser",
                                                         "ExecPaths",
                                                         "Group",
                                                         "IPAddressAllow",
                                                         "LogsDirectory",
                                                         "NotifyAccess",
                                                         "ReadWritePaths",
                                                         "RuntimeDirectory",
                                                         "SocketBindAllow",
                                                         "StateDirectory",
                                                         "SupplementaryGroups",
                                                         "SystemCallErrorNumber",
                                                         "UMask",
                                                         "User"};
    return std::ranges::find(kHarmless, directive) != kHarmless.end() || directive.ends_with("DirectoryMode") ||
           directive.starts_with("Limit") || directive == "TasksMax";
}

std::optional<Words> deciding_words(const UnitSettings& settings, const std::string& directive) {
    const auto it = settings.values.find(directive);
    if (it == settings.values.end() || is_open(it->second)) return std::nullopt;
    if (it->second.empty() && directive != "CapabilityBoundingSet") return std::nullopt;
    return it->second;
}

std::optional<Suggestion> standing_suggestion(const std::string& directive, const Profile& profile,
                                              const UnitSettings& present, const Host& host) {
    if (refuses_nothing(directive)) return std::nullopt;
    auto decided = deciding_words(present, directive);
    if (!decided) return std::nullopt;
    Words items = std::move(*decided);
    if (directive == "RestrictAddressFamilies") items = allowed_families(profile, items);
    if (directive == "SystemCallFilter") items = allowed_calls(profile, present, host);
    const ValueForm form = items.size() == 1 ? ValueForm::word : ValueForm::words;
    return suggest(directive, form, std::move(items), "");
}

}  // namespace sandfit::derive
