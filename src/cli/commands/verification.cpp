#include "cli/commands/verification.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "cli/commands/observation.h"
#include "derive/denial.h"
#include "derive/start_failure.h"
#include "enforce/changer.h"

namespace sandfit::cli {
namespace {

bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

bool is_read_only(const std::string& path) {
    struct statvfs status {};
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

}  // namespace

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
    derive::Trial trial{attempt.recorded, before, attempt.unit.settings, host, baseline, exists, is_read_only};
    return derive::denials(trial);
}

}  // namespace sandfit::cli
