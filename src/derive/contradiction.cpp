#include "derive/contradiction.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "derive/mount_namespace.h"
#include "derive/rule.h"
#include "derive/settings.h"
#include "derive/standing.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

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
        auto standing = standing_suggestion(rule.directive, profile, present, host);
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
