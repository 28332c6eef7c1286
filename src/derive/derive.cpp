// Asks the rules one after the other, then holds every suggestion against every fact. One that denies a fact is
// settled as an abstention and all rules are asked again, since others may have relied on it: ReadWritePaths= takes
// over what a refused StateDirectory= would have opened. Each round settles one directive, so there are at most as
// many as rules.
#include "derive/derive.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "derive/gate.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

/// An address or a range of addresses ("::1", "10.0.0.0/8"), a port of a family ("ipv4:80").
bool is_address_word(std::string_view word) {
    if (word.starts_with("ipv4:") || word.starts_with("ipv6:")) word.remove_prefix(5);
    return !word.empty() && word.find_first_not_of("0123456789abcdefABCDEF:./") == std::string_view::npos;
}

bool is_plain_word(std::string_view word) {
    if (is_address_word(word)) return true;
    if (word.starts_with('~')) word.remove_prefix(1);
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '@' || c == '_' ||
               c == '-' || c == '.';
    });
}

bool is_writable_path(std::string_view path) {
    if (path.starts_with('-')) path.remove_prefix(1);
    return path.starts_with('/') && base::is_utf8(path) && std::none_of(path.begin(), path.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7f;
           });
}

std::string version_of(const Host& host) {
    return host.systemd_version == 0 ? std::string() : " " + std::to_string(host.systemd_version);
}

}  // namespace

const Suggestion* Situation::proposed(const std::string& directive) const {
    const auto it = std::find_if(proposal.begin(), proposal.end(),
                                 [&directive](const Suggestion& made) { return made.directive == directive; });
    return it == proposal.end() ? nullptr : &*it;
}

std::optional<std::string> unwritable(const Suggestion& suggestion) {
    const bool paths = suggestion.form == ValueForm::paths;
    for (const auto& item : suggestion.items) {
        if (paths ? is_writable_path(item) : is_plain_word(item)) continue;
        return "a value of it cannot be written to a unit file: " + clipped(item);
    }
    if (suggestion.form == ValueForm::word && suggestion.items.size() != 1) return "it takes one value";
    return std::nullopt;
}

std::vector<Suggestion> conclude_all(const Profile& profile, const Host& host, Tightness tightness,
                                     const Settled& settled) {
    std::vector<Suggestion> proposal;
    for (const Rule& rule : rule_table()) {
        const auto verdict = settled.find(rule.directive);
        if (verdict != settled.end()) {
            proposal.push_back(verdict->second);
        } else if (!host.knows(rule.directive)) {
            proposal.push_back(abstain(rule.directive, "this systemd" + version_of(host) + " does not know it"));
        } else {
            const Situation situation{profile, host, tightness, proposal};
            Suggestion concluded = rule.conclude(situation);
            if (concluded.verdict == Verdict::suggest) {
                if (const auto why = unwritable(concluded)) concluded = abstain(rule.directive, *why);
            }
            proposal.push_back(std::move(concluded));
        }
    }
    return proposal;
}

std::optional<DeniedFact> first_denial(const Profile& profile, const Host& host, Tightness tightness,
                                       const std::vector<Suggestion>& proposal) {
    const Situation situation{profile, host, tightness, proposal};
    const auto rules = rule_table();
    for (std::size_t i = 0; i < rules.size() && i < proposal.size(); ++i) {
        if (proposal[i].verdict != Verdict::suggest) continue;
        const Denier denies = rules[i].denies(situation, proposal[i]);
        for (std::size_t fact = 0; fact < profile.facts.size(); ++fact) {
            if (denies(profile.facts[fact])) return DeniedFact{i, fact};
        }
    }
    return std::nullopt;
}

std::vector<Suggestion> derive(const Profile& profile, const Host& host, Tightness tightness,
                               const Withdrawn& withdrawn) {
    Settled settled;
    for (const auto& [directive, reason] : withdrawn) settled[directive] = abstain(directive, reason);
    for (;;) {
        std::vector<Suggestion> proposal = conclude_all(profile, host, tightness, settled);
        const auto denial = first_denial(profile, host, tightness, proposal);
        if (!denial) return proposal;
        const std::string directive = proposal[denial->suggestion].directive;
        Suggestion refused = abstain(directive, "a value was found, but it would refuse " +
                                                    describe(profile.facts[denial->fact].fact) + ", which was seen");
        refused.because = {denial->fact};
        settled[directive] = std::move(refused);
    }
}

}  // namespace sandfit::derive
