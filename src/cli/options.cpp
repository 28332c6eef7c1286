#include "cli/options.h"

#include <algorithm>
#include <array>

namespace sandfit::cli {
namespace {

const OptionSpec kHelp{"help", 'h', ValueKind::none, "", "Show this help", {}};
const OptionSpec kQuiet{"quiet", 'q', ValueKind::none, "", "Print neither progress nor notes, only errors", {}};
const OptionSpec kJson{"json", 0, ValueKind::none, "", "Print the result as JSON on standard output", {}};
const OptionSpec kDuration{
    "duration", 0, ValueKind::duration, "TIME", "Stop after that long: 90s, 10m, 1h, or a sum as 1h30m", {}};
const OptionSpec kAcceptIncomplete{"accept-incomplete",
                                   0,
                                   ValueKind::none,
                                   "",
                                   "Exit with 0 instead of 7 when something was lost or not covered",
                                   {}};
const OptionSpec kTightness{
    "tightness",
    't',
    ValueKind::choice,
    "HOW",
    "strict: only what was seen; balanced (default): survives other runs of the same features and "
    "updates; cautious: systemd's own groups",
    {"strict", "balanced", "cautious"}};
const OptionSpec kProbes{"probes",
                         0,
                         ValueKind::choice,
                         "WAY",
                         "How to see file accesses: auto takes the best that this kernel allows",
                         {"auto", "trampoline", "tracepoint"}};
const OptionSpec kRoot{"root",
                       0,
                       ValueKind::directory,
                       "DIR",
                       "Read the unit from its files below this directory, without a running systemd",
                       {}};
const OptionSpec kUnitFile{
    "unit-file",
    0,
    ValueKind::profile,
    "FILE",
    "Read the unit from this file; given again, from drop-ins in the order in which they apply",
    {},
    false,
    true};
// The two below make the kernel's buffers small, so that tests can see what happens when they are full.
const OptionSpec kRingBytes{"ring-bytes", 0, ValueKind::number, "N", "Size of the ring buffer", {}, true};
const OptionSpec kMaxFileKeys{"max-file-keys", 0, ValueKind::number, "N", "Size of the file map", {}, true};
// SIGKILL to ourselves when that step is recorded, so that tests can see what is left.
const OptionSpec kDieAt{
    "die-at", 0, ValueKind::choice, "STEP", "Die at that step", {"write", "reload", "restart", "watch", "done"},
    true};

const std::vector<VerbSpec>& table() {
    static const std::vector<VerbSpec> verbs{
        {
            "observe",
            "UNIT...",
            "Watch systemd units and record what they do",
            "Records what each UNIT does into a profile, until --duration is over, the command of --run has ended, "
            "or "
            "Ctrl-C; the profile is saved in each case. A checkpoint is written every few seconds, so that a killed "
            "sandfit loses no more than that.\n"
            "\n"
            "With --restart a unit is seen from its first instruction, and that is what a sandbox should be made "
            "from. "
            "Without it a running unit is watched from now on, and the profile says that its start was not seen; for "
            "a unit that is not running, sandfit waits until somebody starts it.",
            ValueKind::unit,
            1,
            kAnyNumber,
            {
                {"restart", 0, ValueKind::none, "", "Restart each unit first, so that its start is seen", {}},
                kDuration,
                {"run",
                 0,
                 ValueKind::shell,
                 "CMD",
                 "Run this shell command as the workload, and stop when it has ended",
                 {}},
                {"output",
                 'o',
                 ValueKind::path,
                 "FILE|DIR",
                 "Where to write: a file for one unit, a directory for several (default: ./UNIT.profile.json)",
                 {}},
                kProbes,
                kAcceptIncomplete,
                kJson,
                kQuiet,
                kHelp,
                kRingBytes,
                kMaxFileKeys,
            },
            {
                {"sandfit observe nginx --restart --run './smoke-test.sh'",
                 "from the first instruction, under a workload"},
                {"sandfit observe postgresql@15-main --duration 1h", "a running service, for an hour"},
                {"sandfit observe redis-server nginx --restart -o profiles/", "several at once, until Ctrl-C"},
            },
        },
        {
            "run",
            "[--] CMD [ARG]...",
            "Run a command and record what it does, without systemd",
            "Runs CMD in a control group of its own and records what it and its descendants do, from its first "
            "instruction until it ends. Needs nothing but the kernel. The exit status of CMD is told and stored in "
            "the profile; that of sandfit says whether the recording went well.",
            ValueKind::command,
            1,
            kAnyNumber,
            {
                {"output", 'o', ValueKind::path, "FILE", "Where to write (default: ./NAME.profile.json)", {}},
                kDuration,
                kProbes,
                kAcceptIncomplete,
                kJson,
                kQuiet,
                kHelp,
                kRingBytes,
                kMaxFileKeys,
            },
            {
                {"sandfit run -- /usr/sbin/my-daemon --foreground", "until it ends, or Ctrl-C"},
                {"sandfit run --duration 30s -o daemon.json -- my-daemon", "for half a minute at most"},
            },
        },
        {
            "show",
            "PROFILE",
            "Show what was seen, by kind, with evidence",
            "",
            ValueKind::profile,
            1,
            1,
            {
                {"all", 'a', ValueKind::none, "", "Show every fact, not only the first 40 of each kind", {}},
                {"json", 0, ValueKind::none, "", "Print the profile itself, in the newest version of its format", {}},
                kHelp,
            },
            {{"sandfit show nginx.service.profile.json", "what nginx did, and how well it was watched"}},
        },
        {
            "suggest",
            "PROFILE...",
            "Write the sandbox that fits what was seen",
            "Derives the hardening directives that fit the facts of the profiles, which are merged when there are "
            "several of one unit. Every line has its reason in front. Nothing on this host is changed.\n"
            "\n"
            "What the unit sets already is taken from the profile. --root and --unit-file put in its place what the "
            "unit's files set: for a profile that `sandfit run` made, or for a unit that has changed since.",
            ValueKind::profile,
            1,
            kAnyNumber,
            {
                kTightness,
                {"format",
                 'f',
                 ValueKind::choice,
                 "FORMAT",
                 "drop-in (default): a unit's *.conf file; json: for programs; text: for reading",
                 {"drop-in", "json", "text"}},
                {"explain",
                 'e',
                 ValueKind::none,
                 "",
                 "Tell the reason of every verdict, also of those that say nothing",
                 {}},
                {"output", 'o', ValueKind::path, "FILE", "Write there instead of to standard output", {}},
                {"for-systemd",
                 0,
                 ValueKind::number,
                 "VERSION",
                 "For a host with this version of systemd, by a table of what it can do, instead of for this host",
                 {}},
                kRoot,
                kUnitFile,
                kAcceptIncomplete,
                {"json", 0, ValueKind::none, "", "The same as --format json", {}},
                kHelp,
            },
            {
                {"sandfit suggest nginx.service.profile.json", "print a drop-in"},
                {"sandfit suggest --explain --format text monday.json tuesday.json",
                 "from two recordings, with reasons"},
                {"sandfit suggest my-daemon.json --unit-file my-daemon.service", "for the unit as its file has it"},
            },
        },
        {
            "audit",
            "UNIT|PROFILE",
            "Compare what a unit may do with what it did, and score it",
            "Scores a unit with `systemd-analyze security`, as it stands and with what is suggested for it, and "
            "tells "
            "for each directive the value now, the suggested one or why there is none, and the points that it costs. "
            "Then it lists what the unit may do and was never seen to do, and what it was seen to do and may not. "
            "Nothing on this host is changed.\n"
            "\n"
            "An operand with a slash in it, or that ends with .json, is a profile: the unit's settings are those of "
            "the recording. For a unit they are those that stand now, and --profile says what it did; without that "
            "the unit is only scored.\n"
            "\n"
            "Those that stand now are asked of the running systemd. With --root or --unit-file they are read from "
            "the "
            "unit's files: in an image, in a package, before it is installed.",
            ValueKind::unit_or_profile,
            1,
            1,
            {
                {"profile", 'p', ValueKind::profile, "FILE", "The profile of the unit", {}},
                {"against",
                 0,
                 ValueKind::profile,
                 "OLD",
                 "Tell what is new since this earlier profile; exit with 3 when a sandbox made from it does not fit "
                 "any "
                 "more, or something is refused now",
                 {}},
                kRoot,
                kUnitFile,
                {"threshold",
                 0,
                 ValueKind::exposure,
                 "N",
                 "Exit with 3 when the exposure now is above N, from 0 to 10",
                 {}},
                kTightness,
                kAcceptIncomplete,
                kJson,
                kHelp,
            },
            {
                {"sandfit audit nginx --profile nginx.service.profile.json", "as it stands now, against what it did"},
                {"sandfit audit ./nginx.service.profile.json --json", "as it stood when it was recorded"},
                {"sandfit audit nginx --threshold 5", "only the score; in a pipeline"},
                {"sandfit audit ./now.json --against ./nginx.json", "after an upgrade"},
                {"sandfit audit my-daemon --unit-file debian/my-daemon.service", "before it is installed"},
            },
        },
        {
            "apply",
            "UNIT",
            "Put a drop-in in force for a unit, and undo it when it fails",
            "Writes the drop-in, makes systemd read it, restarts the unit, and watches that it stays up. When a step "
            "fails, the unit dies, or Ctrl-C is pressed, all is undone, and the unit runs as before; so it is when "
            "sandfit itself is killed. Each step is recorded before it is done, and `sandfit rollback UNIT` leads "
            "back at any later time.\n"
            "\n"
            "FILE is a drop-in, or a profile from which one is derived. It goes below /run/systemd/system, so that a "
            "reboot removes it, unless --persistent is given. A unit that does not run is not started.",
            ValueKind::unit,
            1,
            1,
            {
                {"from", 0, ValueKind::profile, "FILE", "A drop-in, or a profile to derive one from (required)", {}},
                kTightness,
                {"dry-run",
                 'n',
                 ValueKind::none,
                 "",
                 "Only tell the steps, and the difference to the unit's present settings",
                 {}},
                {"persistent", 0, ValueKind::none, "", "Below /etc/systemd/system: it stays over reboots", {}},
                {"no-restart",
                 0,
                 ValueKind::none,
                 "",
                 "Leave the unit alone: the drop-in takes effect at its next start",
                 {}},
                {"watch", 0, ValueKind::duration, "TIME", "How long the unit has to stay up (default: 30s)", {}},
                {"accept-incomplete",
                 0,
                 ValueKind::none,
                 "",
                 "Take a profile in which something was lost or not covered",
                 {}},
                kJson,
                kQuiet,
                kHelp,
                kDieAt,
            },
            {
                {"sandfit apply nginx --from nginx.service.profile.json --dry-run", "what would be done"},
                {"sandfit apply nginx --from 50-nginx.conf --watch 2m", "until the reboot; two minutes' watch"},
                {"sandfit apply nginx --from 50-nginx.conf --persistent", "for good"},
            },
        },
        {
            "verify",
            "UNIT",
            "Try a drop-in on a unit, and tell all that it refuses",
            "Restarts the unit under the drop-in, runs the workload, collects each operation that the sandbox "
            "refused "
            "with the directive that did, and leads the unit back to how it was. A unit may pass its workload and "
            "still be refused something: both are told.\n"
            "\n"
            "With --trial the drop-in is not in force: the unit runs as it is, what it does is held against the "
            "drop-in, "
            "and the kernel logs what the system call filter would refuse (SystemCallLog=).\n"
            "\n"
            "FILE is a drop-in, or a profile from which one is derived. The profile of --profile, recorded without "
            "the "
            "drop-in, tells what fails anyway. Exits with 3 when something was refused, or the unit or its workload "
            "failed.",
            ValueKind::unit,
            1,
            1,
            {
                {"with", 0, ValueKind::profile, "FILE", "A drop-in, or a profile to derive one from (required)", {}},
                {"run", 0, ValueKind::shell, "CMD", "Run this shell command as the workload", {}},
                {"watch", 0, ValueKind::duration, "TIME", "Without --run: how long to watch (default: 10s)", {}},
                {"profile", 'p', ValueKind::profile, "FILE", "What the unit does without the drop-in", {}},
                {"trial", 0, ValueKind::none, "", "Refuse nothing, and tell what would be refused", {}},
                kTightness,
                kProbes,
                kAcceptIncomplete,
                kJson,
                kQuiet,
                kHelp,
                kRingBytes,
                kMaxFileKeys,
                kDieAt,
            },
            {
                {"sandfit verify nginx --with 50-nginx.conf --run './smoke-test.sh'",
                 "does it fit, and what does it refuse?"},
                {"sandfit verify nginx --with 50-nginx.conf --run './smoke-test.sh' --trial",
                 "what would it refuse? Nothing is refused meanwhile"},
            },
        },
        {
            "harden",
            "UNIT",
            "The whole way in one command, to a sandbox that was proven to fit",
            "Observes a restart of the unit under the workload, derives a drop-in, and tries it: restarts the unit "
            "under it and runs the workload again. What was refused and needed is widened, exactly that, until the "
            "workload passes and nothing is refused; or until the rounds are used up, and then the unit is led "
            "back.\n"
            "\n"
            "The drop-in that fits stays in force until the reboot, or for good with --persistent. With --from the "
            "first observation is left out: it begins with a drop-in, or with what a profile gives. Ctrl-C, an "
            "error, "
            "or the death of sandfit lead back to how the unit was.",
            ValueKind::unit,
            1,
            1,
            {
                {"run",
                 0,
                 ValueKind::shell,
                 "CMD",
                 "The workload, a shell command that fails when the unit does (required)",
                 {}},
                {"from", 0, ValueKind::profile, "FILE", "Begin with this profile, or with this drop-in", {}},
                kTightness,
                {"rounds", 0, ValueKind::number, "N", "How many drop-ins may be tried (default: 10)", {}},
                {"minimize",
                 0,
                 ValueKind::none,
                 "",
                 "Then take away each capability, write path, address family and group of system calls that the "
                 "evidence leaves in doubt, where the workload passes without",
                 {}},
                {"minimize-time", 0, ValueKind::duration, "TIME", "How long that may take (default: 10m)", {}},
                {"persistent", 0, ValueKind::none, "", "What fits stays over reboots", {}},
                {"undo", 0, ValueKind::none, "", "Lead back at the end, also when it fits", {}},
                {"output", 'o', ValueKind::path, "FILE", "Write the drop-in that fits there, too", {}},
                kProbes,
                kAcceptIncomplete,
                kJson,
                kQuiet,
                kHelp,
                kRingBytes,
                kMaxFileKeys,
                kDieAt,
            },
            {
                {"sandfit harden nginx --run './smoke-test.sh'", "until the reboot"},
                {"sandfit harden nginx --run './smoke-test.sh' --undo -o 50-nginx.conf", "only the drop-in"},
                {"sandfit harden nginx --run ./full-test.sh --from half.profile.json", "widen what is known"},
            },
        },
        {
            "rollback",
            "UNIT",
            "Lead a unit back to how it was before sandfit changed it",
            "Removes sandfit's drop-in, or puts back the file that was there before, and restarts the unit where it "
            "runs under the change. Works after a crash and after a reboot, and may be done again.",
            ValueKind::unit,
            1,
            1,
            {
                {"no-restart", 0, ValueKind::none, "", "Only the files: the unit runs on as it is", {}},
                {"pending", 0, ValueKind::none, "", "Only a change that did not come to its end", {}, true},
                kJson,
                kQuiet,
                kHelp,
            },
            {{"sandfit rollback nginx", "as it was before the first `sandfit apply`"}},
        },
        {
            "merge",
            "PROFILE...",
            "Put several profiles of one unit together",
            "The merged profile has the facts of all, and of each sort of coverage the weakest.",
            ValueKind::profile,
            1,
            kAnyNumber,
            {
                {"output", 'o', ValueKind::path, "FILE", "Where to write the merged profile (required)", {}},
                kHelp,
            },
            {{"sandfit merge monday.json tuesday.json -o nginx.json", "two recordings of one unit"}},
        },
        {
            "doctor",
            "",
            "Tell what this host can do, what it lacks, and what to do about it",
            "Tries each kernel feature that observation stands on, tells by which ways it would watch and what "
            "these do not see, and leaves nothing behind. Exits with 0 when all that is required works.",
            ValueKind::none,
            0,
            0,
            {kJson, kHelp},
            {{"sudo sandfit doctor", "before the first observation on a host"}},
        },
        {
            "help",
            "[COMMAND]",
            "Show help, for all or for one command",
            "",
            ValueKind::verb,
            0,
            1,
            {kHelp},
            {},
        },
        {
            "completion",
            "bash|zsh|fish|man",
            "Print a shell's completion script, or the man page's part that comes from the table of options",
            "",
            ValueKind::choice,
            1,
            1,
            {kHelp},
            {},
            true,
        },
    };
    return verbs;
}

constexpr std::array kExitStatuses{
    ExitStatusSpec{ExitCode::done, "Done"},
    ExitStatusSpec{ExitCode::failed, "Failed"},
    ExitStatusSpec{ExitCode::usage, "Bad usage"},
    ExitStatusSpec{ExitCode::finding, "A difference or a finding was asked for and found"},
    ExitStatusSpec{ExitCode::not_permitted, "A privilege is missing"},
    ExitStatusSpec{ExitCode::unsupported, "This host lacks something"},
    ExitStatusSpec{ExitCode::rolled_back, "Applied, did not fit, and was rolled back"},
    ExitStatusSpec{ExitCode::incomplete, "Incomplete: something was lost or not covered"},
    ExitStatusSpec{ExitCode::interrupted, "Interrupted, after saving"},
};

}  // namespace

std::span<const VerbSpec> verbs() {
    return table();
}

const VerbSpec* find_verb(std::string_view name) {
    const auto it = std::ranges::find(table(), name, &VerbSpec::name);
    return it == table().end() ? nullptr : &*it;
}

const OptionSpec* find_option(const VerbSpec& verb, std::string_view name) {
    const auto it = std::ranges::find(verb.options, name, &OptionSpec::name);
    return it == verb.options.end() ? nullptr : &*it;
}

std::span<const ExitStatusSpec> exit_statuses() {
    return kExitStatuses;
}

}  // namespace sandfit::cli
