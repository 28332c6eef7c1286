// SystemCallFilter=
//
// Directive: an allow-list; every other syscall fails with SystemCallErrorNumber= (EPERM as suggested here), but for
// those of the group @default. For a unit with User= it implies NoNewPrivileges=.
//
// Concludes from: the names of the syscalls that were attempted, failed ones too. `strict`: exactly these.
// `balanced`: with the variants of syscall_variants.cpp, and the rest of the unprivileged groups of which one was
// seen. `cautious`: the host's @system-service less the groups that raise the exposure and of which nothing was seen.
// Written as groups as far as they go, so that the list grows with systemd and the kernel.
//
// Needs coverage of: syscalls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a feature that was not exercised needs a call of another family; a library changes what it calls
// (`strict` does not survive an update of libc).
//
// Since: systemd 187; groups of calls 231
#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/syscall_sets.h"
#include "derive/syscall_variants.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "SystemCallFilter";

/// The largest groups of which nothing is outside `allowed`, then by name what they do not hold. Members that the
/// host's libseccomp does not know are no obstacle: systemd passes over them.
std::vector<std::string> written_as_groups(const Host& host, const SyscallNames& allowed) {
    std::vector<std::string> groups;
    for (const auto& [group, members] : host.syscall_groups) {
        if (group == "@known" || group == "@default") continue;
        if (std::all_of(members.begin(), members.end(),
                        [&](const auto& name) { return allowed.count(name) != 0 || !is_known_to(host, name); })) {
            groups.push_back(group);
        }
    }
    std::stable_sort(groups.begin(), groups.end(), [&host](const std::string& a, const std::string& b) {
        return host.syscall_groups.at(a).size() > host.syscall_groups.at(b).size();
    });
    SyscallNames left;
    const SyscallNames implicit = implicitly_allowed(host);
    std::set_difference(allowed.begin(), allowed.end(), implicit.begin(), implicit.end(),
                        std::inserter(left, left.end()));
    std::vector<std::string> items;
    for (const auto& group : groups) {
        SyscallNames gained;
        for (const auto& member : host.syscall_groups.at(group)) {
            if (left.count(member) != 0) gained.insert(member);
        }
        if (gained.size() < 2) continue;  // of one name alone the name says more than the group
        items.push_back(group);
        for (const auto& name : gained) left.erase(name);
    }
    std::sort(items.begin(), items.end());
    std::copy_if(left.begin(), left.end(), std::back_inserter(items),
                 [&host](const std::string& name) { return is_known_to(host, name); });
    return items;
}

/// @system-service without what raises the exposure and was not seen.
SyscallNames service_calls(const Host& host, const SyscallNames& seen) {
    SyscallNames calls = expand(host, {"@system-service"});
    for (const auto& group : scored_groups(host)) {
        if (std::any_of(seen.begin(), seen.end(), [&](const auto& name) { return group.count(name) != 0; })) continue;
        for (const auto& name : group) calls.erase(name);
    }
    // What is privileged is allowed by name even where the group is lost: chown says nothing about swapon.
    const auto privileged = expand(host, {"@privileged", "@resources"});
    for (const auto& name : privileged) calls.erase(name);
    return calls;
}

struct Seen {
    SyscallNames names;
    SyscallNames left_out;  ///< without a name on this host, and answered as a kernel without them would
    std::vector<std::size_t> facts;
    std::optional<std::string> unnamed;  ///< one that no filter can hold
};

Seen seen_calls(const Situation& situation, const PresentFilter& present) {
    Seen seen;
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto* call = std::get_if<SyscallFact>(&facts[i].fact);
        if (call == nullptr) continue;
        // By name; what the unit's own filter refuses stays refused.
        if (is_syscall_name(call->name) && is_known_to(situation.host, call->name)) {
            if (!present.allows(call->name)) continue;
            seen.names.insert(call->name);
            seen.facts.push_back(i);
        } else if (unknown_calls_get_enosys(situation.host)) {
            seen.left_out.insert(call->name);
        } else {
            seen.unnamed = call->name;
        }
    }
    return seen;
}

/// RestrictNamespaces= answers clone3 as a kernel without it would, and libc calls clone instead, which was not seen.
bool falls_back_to_clone(const Situation& situation, const SyscallNames& seen) {
    const std::string kinds = effective_word(situation, "RestrictNamespaces");
    return seen.count("clone3") != 0 && !kinds.empty() && kinds != "no";
}

SyscallNames generalised(const Situation& situation, const SyscallNames& seen) {
    if (situation.tightness == Tightness::strict) {
        SyscallNames allowed = seen;
        if (falls_back_to_clone(situation, seen)) allowed.insert("clone");
        return allowed;
    }
    SyscallNames allowed = with_variants(situation.host, seen);
    if (situation.tightness == Tightness::cautious) allowed.merge(service_calls(situation.host, seen));
    return allowed;
}

Suggestion conclude(const Situation& situation) {
    const Host& host = situation.host;
    const PresentFilter present(host, situation.profile.settings);
    const auto why = obstacle(situation, {Subject::syscalls});
    if (why) {
        return present.set ? keep(kDirective, "the unit's own filter stays as it is: " + *why)
                           : abstain(kDirective, *why);
    }
    if (const auto lost = seccomp_would_take_privileges(situation)) return abstain(kDirective, *lost);
    const Seen seen = seen_calls(situation, present);
    if (seen.unnamed) {
        return abstain(kDirective, "the syscall " + clipped(*seen.unnamed) +
                                       " has no name in this host's libseccomp, " +
                                       "and this systemd would refuse it");
    }
    if (seen.names.empty()) return abstain(kDirective, "no syscall was seen, so the watch cannot have worked");

    SyscallNames allowed = generalised(situation, seen.names);
    for (auto it = allowed.begin(); it != allowed.end();) {
        it = present.allows(*it) ? std::next(it) : allowed.erase(it);
    }
    const SyscallNames implicit = implicitly_allowed(host);
    if (present.set && !present.deny &&
        std::all_of(present.names.begin(), present.names.end(),
                    [&](const std::string& name) { return allowed.count(name) != 0 || implicit.count(name) != 0; })) {
        return keep(kDirective, "the unit's own list is as tight");
    }

    const bool as_groups = situation.tightness != Tightness::strict && !host.syscall_groups.empty();
    const std::size_t added = allowed.size() - seen.names.size();
    std::vector<std::string> items =
        as_groups ? written_as_groups(host, allowed) : std::vector<std::string>(allowed.begin(), allowed.end());
    std::string reason = base::count_of(seen.names.size(), "syscall was", "syscalls were") + " seen";
    if (added > 0 && as_groups)
        reason += "; the rest are variants of these, and of the host's groups that need no privilege";
    if (added > 0 && !as_groups) {
        reason += "; " + std::to_string(added) + " more are variants of these, or what every process may need";
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::words, std::move(items), std::move(reason));
    suggestion.reset_first = present.set;
    suggestion.because = seen.facts;
    suggestion.caveats = doubts(situation, {Subject::syscalls});
    if (situation.tightness == Tightness::strict) {
        suggestion.caveats.emplace_back("an update of libc or of the service may call others");
    }
    if (!seen.left_out.empty()) {
        suggestion.caveats.push_back("left out, for this host's libseccomp has no name for them: " +
                                     some_of({seen.left_out.begin(), seen.left_out.end()}));
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const Host& host = situation.host;
    const PresentFilter present(host, situation.profile.settings);
    SyscallNames allowed = expand(host, suggestion.items);
    allowed.merge(implicitly_allowed(host));
    return [&situation, &suggestion, &host, present, allowed](const SeenFact& seen) {
        if (seccomp_denies(situation, seen.fact)) return true;
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        if (call == nullptr || suggestion.items.empty()) return false;
        const bool nameless = !is_syscall_name(call->name) || !is_known_to(host, call->name);
        if (nameless && unknown_calls_get_enosys(host)) return false;
        // What the unit's own filter refuses, this one does not refuse anew.
        return allowed.count(call->name) == 0 && present.allows(call->name);
    };
}

}  // namespace

Rule system_call_filter() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
