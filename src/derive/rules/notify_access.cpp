// NotifyAccess=
//
// Directive: from which processes systemd takes messages about the unit's state (sd_notify): of all in its cgroup, of
// the main one (and those of Exec*= lines), or of none. Messages of others are dropped without an error.
//
// Concludes from: connections and messages to systemd's socket. `none` for a unit of another type than notify that
// lets `all` speak and of which none spoke. Which process spoke is not recorded: with a message nothing is concluded.
//
// Needs coverage of: sockets, from start-up on.
//
// Can be wrong when: messages are sent on a reload or a time-out only.
//
// Since: systemd 247 or earlier
#include <algorithm>
#include <array>

#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "NotifyAccess";

/// A message to $NOTIFY_SOCKET, or one that may be: /run/systemd/notify, or as a chroot shows it.
bool may_be_a_message(const Fact& fact) {
    const auto* address = std::get_if<AddressFact>(&fact);
    if (address == nullptr || address->family != "AF_UNIX" || address->op == AddressOp::bind || address->error != 0) {
        return false;
    }
    return address->address.empty() || address->address.ends_with("notify");
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (profile.settings.scalar("NotifyAccess") != "all") {
        return keep(kDirective, "not every process of the unit may speak for it");
    }
    if (const auto why = obstacle(situation, {Subject::sockets})) return abstain(kDirective, *why);
    const std::string type = profile.settings.scalar("Type");
    const std::string watchdog = profile.settings.scalar("WatchdogUSec");
    constexpr std::array<std::string_view, 3> kNoWatchdog = {"", "0", "infinity"};
    if (type.starts_with("notify") ||
        std::find(kNoWatchdog.begin(), kNoWatchdog.end(), watchdog) == kNoWatchdog.end()) {
        return abstain(kDirective,
                       "the unit has to speak, and which of its processes does is not recorded: try main");
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"none"}, "no message was sent to systemd");
    suggestion.caveats = doubts(situation, {Subject::sockets});
    return unless_refused(situation, std::move(suggestion), may_be_a_message,
                          {.before = "", .after = " was seen, and which process spoke is not recorded: try main"});
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact& seen) { return may_be_a_message(seen.fact); };
}

}  // namespace

Rule notify_access() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
