// RestrictNamespaces=
//
// Directive: unshare(2), clone(2) and setns(2) fail with EPERM for all kinds of namespaces but those listed; with
// `yes` for all, and setns(2) then fails as a whole. clone3(2), whose flags a filter cannot see, fails with ENOSYS
// under any value; libc falls back to clone(2), which a SystemCallFilter= must hold then. setns(2) that leaves the
// kind open (0) fails under any value. For a unit with User= it implies NoNewPrivileges=.
//
// Concludes from: the kinds of namespaces that were made or joined. `yes` when there were none, else the list of
// them.
//
// Needs coverage of: arguments of calls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a helper that brings its own sandbox (a browser, bubblewrap) runs only on occasion; a program
// calls clone3(2) without libc and knows no fallback.
//
// Since: systemd 233
#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>

#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictNamespaces";

// Those that every version with the directive knows. "time" came later, and older ones leave it open: a list that
// names it would not be read by them.
constexpr std::array<std::string_view, 7> kKinds = {"cgroup", "ipc", "net", "mnt", "pid", "user", "uts"};

bool is_listable(const std::string& kind) {
    return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

/// What a value leaves allowed, of the unit's own setting or of a suggestion.
struct Allowed {
    bool restricts = false;
    std::set<std::string> kinds;

    explicit Allowed(const std::vector<std::string>& items) {
        if (items.empty() || items.front() == "no" || items.front() == "false" || items.front() == "0") return;
        restricts = true;
        if (items.front() == "yes" || items.front() == "true" || items.front() == "1") return;
        if (!items.front().starts_with('~')) {
            kinds.insert(items.begin(), items.end());
            return;
        }
        kinds.insert(kKinds.begin(), kKinds.end());
        kinds.erase(items.front().substr(1));
        for (const auto& item : items) kinds.erase(item);
    }
    bool allows(const std::string& kind) const { return !restricts || kinds.count(kind) != 0; }
};

const RequestFact* namespace_request(const Fact& fact) {
    const auto* request = std::get_if<RequestFact>(&fact);
    if (request == nullptr || request->request != Request::namespace_ || request->error == EPERM) return nullptr;
    return request;
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const Allowed present(list_of(profile.settings, "RestrictNamespaces"));
    if (present.restricts && present.kinds.empty()) return keep(kDirective, "the unit allows no namespace");
    if (const auto why = obstacle(situation, {Subject::requests})) return abstain(kDirective, *why);
    if (const auto why = seccomp_would_take_privileges(situation)) return abstain(kDirective, *why);

    std::set<std::string> kinds;
    std::vector<std::size_t> because;
    bool calls_clone3 = false;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Fact& fact = profile.facts[i].fact;
        const auto* call = std::get_if<SyscallFact>(&fact);
        if (call != nullptr && call->name == "clone3") calls_clone3 = true;
        const RequestFact* request = namespace_request(fact);
        if (request == nullptr) continue;
        because.push_back(i);
        if (profile.facts[i].evidence.syscalls.count("clone3") != 0) {
            Suggestion direct = abstain(kDirective, describe(fact) + " was made by clone3, which any value refuses");
            direct.because = {i};
            return direct;
        }
        if (!is_listable(request->value)) {
            Suggestion open = request->value == "any"
                                  ? abstain(kDirective,
                                            "setns(2) was called without saying which kind of namespace, "
                                            "which any value refuses")
                                  : abstain(kDirective, describe(fact) + ", which not every systemd can allow");
            open.because = {i};
            return open;
        }
        if (present.allows(request->value)) kinds.insert(request->value);
    }
    const std::vector<std::string> seen(kinds.begin(), kinds.end());
    if (present.restricts && kinds == present.kinds) return keep(kDirective, "all of the unit's own list was used");
    if (seen.size() == kKinds.size()) return abstain(kDirective, "namespaces of every kind were made or joined");

    Suggestion suggestion = seen.empty()
                                ? suggest(kDirective, ValueForm::words, {"yes"}, "no namespace was made or joined")
                                : suggest(kDirective, ValueForm::words, seen,
                                          "namespaces of these kinds only were made or joined: " + some_of(seen, 7));
    suggestion.reset_first = present.restricts;
    suggestion.because = std::move(because);
    suggestion.caveats = doubts(situation, {Subject::requests});
    if (calls_clone3) {
        suggestion.caveats.emplace_back("clone3 is answered as by a kernel without it, and libc takes clone instead");
    }
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const Allowed present(list_of(situation.profile.settings, "RestrictNamespaces"));
    const Allowed allowed(suggestion.items);
    return [&situation, present, allowed](const SeenFact& seen) {
        if (seccomp_denies(situation, seen.fact)) return true;
        const RequestFact* request = namespace_request(seen.fact);
        if (request == nullptr || !allowed.restricts) return false;
        if (!present.allows(request->value)) return false;  // the unit's own list did that
        if (seen.evidence.syscalls.count("clone3") != 0) return true;
        return !allowed.allows(request->value);
    };
}

}  // namespace

Rule restrict_namespaces() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
