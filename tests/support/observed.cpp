#include "support/observed.h"

#include "support/catch.h"

#include "observe/cgroup.h"
#include "profile/recorder.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace sandfit::tests {

bool can_observe() {
    if (::geteuid() == 0) return true;
    WARN("SKIPPED: needs root to load kernel programs");
    return false;
}

bool Observed::made_syscall(const std::string& name, Abi abi) const {
    for (const auto& [fact, evidence] : all<SyscallFact>()) {
        if (fact.name == name && fact.abi == abi) return true;
    }
    return false;
}

std::optional<FileFact> Observed::file(FileOp op, const std::string& below, const std::string& name, int error) const {
    const std::string wanted = below.empty() ? directory : directory + "/" + below;
    for (const auto& [fact, evidence] : all<FileFact>()) {
        if (fact.op == op && fact.directory == wanted && fact.error == error &&
            (name.empty() || fact.names.count(name) != 0)) {
            return fact;
        }
    }
    return std::nullopt;
}

std::optional<MoveFact> Observed::move(MoveOp op, const std::string& from, const std::string& to) const {
    for (const auto& [fact, evidence] : all<MoveFact>()) {
        if (fact.op == op && fact.from_directory == directory + "/" + from && fact.to_directory == directory + "/" + to) {
            return fact;
        }
    }
    return std::nullopt;
}

Observed observe_behaviour(const std::string& name, const observe::Options& options,
                           const std::function<void(const std::string&)>& prepare) {
    // A storm is to be one of calls, not of disk writes.
    std::string directory = name == "storm" ? "/dev/shm/sandfit-test-XXXXXX" : "/var/tmp/sandfit-test-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    ::chmod(directory.c_str(), 0755);
    if (prepare) prepare(directory);

    auto group = observe::OwnCgroup::create();
    if (!group) FAIL(base::describe(group.error()));
    auto observer = observe::Observer::create(options);
    if (!observer) FAIL(base::describe(observer.error()) << "; " << observer.error().hint);
    const auto unit = (*observer)->enrol({group->directory(), false, true});
    if (!unit) FAIL(base::describe(unit.error()));

    profile::Recorder recorder;
    recorder.add_unit({});
    const pid_t child = ::fork();
    if (child == 0) {
        if (group->enter() != 0) ::_exit(126);
        // What happens here is set-up, like the service manager's between fork and exec: it must not be seen.
        ::mkdir((directory + "/made-before-exec").c_str(), 0755);
        ::execl(SANDFIT_BEHAVIOURS, "behaviours", name.c_str(), directory.c_str(), nullptr);
        ::_exit(127);
    }
    Observed out;
    out.directory = directory;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        REQUIRE((*observer)->poll(recorder, std::chrono::milliseconds(20)));
    }
    REQUIRE((*observer)->collect(recorder));
    out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    out.coverage = (*observer)->coverage(*unit);
    out.progress = (*observer)->progress();
    out.facts = recorder.snapshot(*unit).facts;
    std::filesystem::remove_all(directory);
    return out;
}

}  // namespace sandfit::tests
