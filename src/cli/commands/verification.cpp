#include "cli/commands/verification.h"

#include <algorithm>

#include "cli/commands/observation.h"
#include "cli/host_view.h"
#include "derive/denial.h"
#include "derive/start_failure.h"
#include "enforce/changer.h"

namespace sandfit::cli {

Lifetime lifetime_for_trial(const systemd::UnitState& unit) {
    const std::string persistent = enforce::drop_in_path(unit.id, Lifetime::persistent);
    return std::ranges::find(unit.drop_in_paths, persistent) == unit.drop_in_paths.end() ? Lifetime::until_reboot
                                                                                         : Lifetime::persistent;
}

SessionOptions trial_session(const Arguments& arguments, std::string how) {
    SessionOptions options = session_options(arguments, std::move(how), Sharing::with_child);
    options.observer.refusals = true;
    return options;
}

Result<Attempt> try_under(Enforcement& enforcement, const Target& target, const std::string& drop_in,
                          const SessionOptions& options, const Exercise& exercise) {
    return make_attempt(enforcement, target, options, exercise, [&]() -> Result<void> {
        if (auto done = enforcement.changer().write(drop_in); !done) return done;
        if (auto done = enforcement.changer().reload(); !done) return done;
        return enforcement.changer().about_to_restart();
    });
}

std::vector<Denial> denials_of(const Attempt& attempt, const UnitSettings& before, const Host& host,
                               const Profile* baseline) {
    const HostView view(before.scalar("User"));
    return derive::denials({.recorded = attempt.recorded,
                            .before = before,
                            .in_force = attempt.unit.settings,
                            .host = host,
                            .baseline = baseline,
                            .exists = HostView::exists,
                            .is_read_only = HostView::is_read_only,
                            .is_closed = [&view](const std::string& path) { return view.is_closed(path); }});
}

StartFailure start_failure_of(const Attempt& attempt, const UnitSettings& before) {
    if (!attempt.start_failure) return {};
    const int status = attempt.unit.main_status;
    return {std::string(derive::name_of_start_failure(status)),
            derive::causes_of_start_failure(status, before, attempt.unit.settings)};
}

}  // namespace sandfit::cli
