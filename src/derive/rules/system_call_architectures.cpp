// SystemCallArchitectures=
//
// Directive: system calls of other ABIs than those listed are refused: on x86-64 the 32-bit ones (int 0x80) and x32,
// by which a filter's names mean other numbers.
//
// Concludes from: the ABI of the syscalls that were attempted. `native`, and the host's compatibility ABI when it was
// used.
//
// Needs coverage of: syscalls, from start-up on; for a unit with User=, executions.
//
// Can be wrong when: a 32-bit helper is started only now and then.
//
// Since: systemd 209
#include <algorithm>
#include <string_view>

#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "SystemCallArchitectures";

/// systemd's name for the ABI that the machine has beside its own; "" for a machine that is not known.
std::string compat_of(const Situation& situation) {
    std::string machine = situation.profile.host.architecture;
    if (machine.empty()) machine = situation.host.architecture;
    if (machine == "x86_64") return "x86";
    if (machine == "aarch64") return "arm";
    return {};
}

Suggestion conclude(const Situation& situation) {
    if (!list_of(situation.profile.settings, "SystemCallArchitectures").empty()) {
        return keep(kDirective, "the unit has its own list");
    }
    if (const auto why = obstacle(situation, {Subject::syscalls})) return abstain(kDirective, *why);
    if (const auto why = seccomp_would_take_privileges(situation)) return abstain(kDirective, *why);
    std::vector<std::size_t> compat;
    const auto& facts = situation.profile.facts;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto* call = std::get_if<SyscallFact>(&facts[i].fact);
        if (call != nullptr && call->abi == Abi::compat) compat.push_back(i);
    }
    if (compat.empty()) {
        Suggestion native =
            suggest(kDirective, ValueForm::words, {"native"}, "only the machine's own syscalls were used");
        native.caveats = doubts(situation, {Subject::syscalls});
        return native;
    }
    const std::string other = compat_of(situation);
    if (other.empty()) return abstain(kDirective, "syscalls of another ABI were used, and its name is not known");
    Suggestion both = suggest(kDirective, ValueForm::words, {"native", other},
                              "syscalls of the machine's compatibility ABI were used, too");
    both.because = std::move(compat);
    if (other == "x86") both.caveats.emplace_back("32-bit calls are not told from x32 ones, which stay refused");
    return both;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [&situation, &suggestion](const SeenFact& seen) {
        if (seccomp_denies(situation, seen.fact)) return true;
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        if (call == nullptr || call->abi == Abi::native) return false;
        const std::string other = compat_of(situation);
        return other.empty() ||
               std::find(suggestion.items.begin(), suggestion.items.end(), other) == suggestion.items.end();
    };
}

}  // namespace

Rule system_call_architectures() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
