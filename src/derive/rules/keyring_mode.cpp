// KeyringMode=
//
// Directive: `private` gives the unit a session keyring of its own that nobody else sees and that is not linked to
// the user's; `shared` links the user's keyring into it; `inherit` leaves it with systemd's. It is the default of
// system services.
//
// Concludes from: the syscalls on keys. `private` for a unit that is set to something else and never uses keys.
//
// Needs coverage of: syscalls, from start-up on.
//
// Can be wrong when: keys are asked for only on occasion (an encrypted or a network file system is mounted).
//
// Since: systemd 235
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "KeyringMode";

bool uses_keys(const Fact& fact) {
    const auto* call = std::get_if<SyscallFact>(&fact);
    return call != nullptr && (call->name == "add_key" || call->name == "request_key" || call->name == "keyctl");
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (profile.settings.scalar("KeyringMode") == "private") return keep(kDirective, "the unit's keyring is its own");
    if (const auto why = obstacle(situation, {Subject::syscalls})) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"private"}, "no key was asked for or added");
    suggestion.caveats = doubts(situation, {Subject::syscalls});
    return unless_refused(situation, std::move(suggestion), uses_keys,
                          {.before = "", .after = " was seen, and in which keyring the key lies is not known"});
}

Denier denies(const Situation&, const Suggestion& suggestion) {
    const bool is_private = suggestion.items.front() == "private";
    return [is_private](const SeenFact& seen) { return is_private && uses_keys(seen.fact); };
}

}  // namespace

Rule keyring_mode() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
