#include "derive/contradiction.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "derive/mount_namespace.h"
#include "derive/rule.h"
#include "derive/settings.h"
#include "derive/syscall_sets.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

using Words = std::vector<std::string>;

/// Directives that have rules, and whose present values refuse nothing by themselves.
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

/// systemd's words for "not restricted".
bool is_open(const Words& words) {
    constexpr std::array<std::string_view, 9> kOpen{"",        "no",  "false",   "off", "0",
                                                    "default", "all", "inherit", "auto"};
    return words.size() == 1 && std::ranges::find(kOpen, words.front()) != kOpen.end();
}

/// The words by which a directive decides; none where it restricts nothing, however systemd says so. Of all lists,
/// only the bounding set restricts when it is empty.
std::optional<Words> deciding_words(const UnitSettings& settings, const std::string& directive) {
    const auto it = settings.values.find(directive);
    if (it == settings.values.end() || is_open(it->second)) return std::nullopt;
    if (it->second.empty() && directive != "CapabilityBoundingSet") return std::nullopt;
    return it->second;
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

/// The value that stands, as a suggestion; none when it restricts nothing.
std::optional<Suggestion> as_suggestion(const std::string& directive, const Profile& profile,
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

/// The fact as it would be without the refusal that it met; none when it shows no refusal.
std::optional<SeenFact> without_refusal(const SeenFact& seen) {
    SeenFact free = seen;
    if (auto* file = std::get_if<FileFact>(&free.fact); file != nullptr && file->error == EROFS) {
        file->error = 0;
        return free;
    }
    if (auto* move = std::get_if<MoveFact>(&free.fact); move != nullptr && move->error == EROFS) {
        move->error = 0;
        return free;
    }
    if (auto* socket = std::get_if<SocketFact>(&free.fact); socket != nullptr && socket->error == EAFNOSUPPORT) {
        socket->error = 0;
        return free;
    }
    if (auto* address = std::get_if<AddressFact>(&free.fact); address != nullptr && address->error == EPERM) {
        address->error = 0;
        return free;
    }
    return std::nullopt;
}

/// True for what the recording itself does not settle: it may have been refused, or have lost its privileges.
bool may_have_been_refused(const Fact& fact) {
    return std::holds_alternative<SyscallFact>(fact) || grants_privileges(fact);
}

/// Directives that refuse calls. Others' rules look at calls as well, as a sign of what would stay without effect: a
/// mount that nobody else would see, a segment that others would not meet. Such a call works all the same.
bool refuses_calls(std::string_view directive) {
    constexpr std::array<std::string_view, 14> kFilters{
        "LockPersonality",         "MemoryDenyWriteExecute", "NoNewPrivileges",
        "PrivateDevices",          "ProtectClock",           "ProtectHostname",
        "ProtectKernelLogs",       "ProtectKernelModules",   "RestrictNamespaces",
        "RestrictRealtime",        "RestrictSUIDSGID",       "SystemCallFilter",
        "RestrictAddressFamilies", "SystemCallArchitectures"};
    return std::ranges::find(kFilters, directive) != kFilters.end();
}

/// Whether the fact is one that the directive could have refused at all.
bool concerns(const std::string& directive, const Fact& fact) {
    if (!std::holds_alternative<SyscallFact>(fact)) return true;
    if (is_mount_call(fact)) return directive == "SystemCallFilter" || directive == "SystemCallArchitectures";
    return refuses_calls(directive);
}

/// Whether the facts were seen under the settings that are to be judged.
bool is_of_these_settings(const Profile& profile, const UnitSettings& present) {
    return std::ranges::all_of(rule_table(), [&](const Rule& rule) {
        return deciding_words(profile.settings, rule.directive) == deciding_words(present, rule.directive);
    });
}

}  // namespace

std::vector<Contradiction> contradictions(const Profile& profile, const UnitSettings& present, const Host& host) {
    const bool same = is_of_these_settings(profile, present);

    // The unit without what is judged, so that no rule says "the unit's own setting did that". What is not judged
    // stays, for it decides with: an entry of ReadWritePaths= opens what ProtectSystem= shut. NoNewPrivileges= stays,
    // too: else each filter would be blamed for what it takes.
    Profile bare = profile;
    bare.settings = present;
    std::vector<Suggestion> proposal;
    for (const Rule& rule : rule_table()) {
        auto standing = as_suggestion(rule.directive, profile, present, host);
        if (standing && rule.directive != "NoNewPrivileges") bare.settings.values.erase(rule.directive);
        proposal.push_back(standing ? std::move(*standing) : abstain(rule.directive, ""));
    }

    const Situation situation{bare, host, Tightness::strict, proposal};
    std::vector<Contradiction> found;
    for (std::size_t i = 0; i < proposal.size(); ++i) {
        if (proposal[i].verdict != Verdict::suggest) continue;
        const Denier denies = rule_table()[i].denies(situation, proposal[i]);
        Contradiction contradiction{proposal[i].directive, present.values.at(proposal[i].directive), {}};
        for (std::size_t fact = 0; fact < profile.facts.size(); ++fact) {
            const SeenFact& seen = profile.facts[fact];
            const auto free = without_refusal(seen);
            const bool judged = !same || free || may_have_been_refused(seen.fact);
            if (judged && concerns(contradiction.directive, seen.fact) && denies(free ? *free : seen))
                contradiction.facts.push_back(fact);
        }
        if (!contradiction.facts.empty()) found.push_back(std::move(contradiction));
    }
    return found;
}

}  // namespace sandfit::derive
