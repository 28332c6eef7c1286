#include "support/observed.h"

#include "support/catch.h"

#include "observe/cgroup.h"
#include "profile/recorder.h"

#include "observe/kernel_support.h"

#include "base/error.h"
#include "base/text.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace sandfit::tests {

namespace fs = std::filesystem;

bool can_observe() {
    if (::geteuid() == 0) return true;
    WARN("SKIPPED: needs root to load kernel programs");
    return false;
}

bool saw_capabilities(const Observed& seen) {
    const auto coverage = seen.coverage.subjects.find(Subject::capabilities);
    if (coverage != seen.coverage.subjects.end() && coverage->second.watched) return true;
    WARN("SKIPPED: this kernel shows no capability checks");
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
        if (fact.op == op && fact.from_directory == directory + "/" + from &&
            fact.to_directory == directory + "/" + to) {
            return fact;
        }
    }
    return std::nullopt;
}

observe::Probes probes_under_test() {
    const char* way = std::getenv("SANDFIT_TEST_PROBES");
    const std::string name = way != nullptr ? way : "auto";
    if (name == "tracepoint") return observe::Probes::tracepoint;
    if (name == "trampoline") return observe::Probes::trampoline;
    if (name != "auto") FAIL("SANDFIT_TEST_PROBES is auto, tracepoint or trampoline, not " << name);
    return observe::Probes::automatic;
}

bool by_trampolines() {
    if (probes_under_test() == observe::Probes::tracepoint) return false;
    // arm64's load before 6.4 and cannot be attached.
    static const bool works =
        observe::try_to_attach({"", "fentry/security_path_mkdir", -1, true, "bpf_tramp_image"}).works;
    return works;
}

std::vector<std::string> all_behaviours() {
    const std::unique_ptr<FILE, int (*)(FILE*)> list(::popen(SANDFIT_BEHAVIOURS " --list", "r"), ::pclose);
    REQUIRE(list);
    std::vector<std::string> names;
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), list.get()) != nullptr) names.emplace_back(base::trim(line.data()));
    return names;
}

bool have_events() {
    const char* place = "/sys/kernel/tracing";
    if (::access("/sys/kernel/tracing/events", F_OK) == 0) return true;
    // In a mount namespace of our own, so that the host stays as it is.
    if (::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tracefs", place, "tracefs", 0, nullptr) == 0) {
        return true;
    }
    WARN("SKIPPED: needs tracefs");
    return false;
}

namespace {

/// One observer of some groups, with what it collects.
struct Watch {
    std::unique_ptr<observe::Observer> observer;
    profile::Recorder recorder;

    explicit Watch(const observe::Options& options) {
        auto created = observe::Observer::create(options);
        if (!created) FAIL(base::describe(created.error()) << "; " << created.error().hint);
        observer = std::move(*created);
    }
    UnitIndex enrol(const std::string& group) {
        const auto enrolled = observer->enrol({group, false, true});
        if (!enrolled) FAIL(base::describe(enrolled.error()));
        recorder.add_unit({});
        return *enrolled;
    }
    void poll(std::chrono::milliseconds limit) { REQUIRE(observer->poll(recorder, limit)); }
    Observed finish(UnitIndex unit, const std::string& directory, int status) {
        REQUIRE(observer->collect(recorder));
        Observed out;
        out.directory = directory;
        out.status = status;
        out.coverage = observer->coverage(unit);
        out.progress = observer->progress();
        out.facts = recorder.snapshot(unit).facts;
        return out;
    }
};

/// The observer of the last behaviour, for the next one that wants the same: to load the programs is what takes the time.
struct Kept {
    observe::Options options;
    std::unique_ptr<Watch> watch;

    Watch& of(const observe::Options& wanted) {
        if (watch == nullptr || !(options == wanted)) {
            watch.reset();
            watch = std::make_unique<Watch>(wanted);
            options = wanted;
        }
        return *watch;
    }
    // Most losses are counted for all units: the next one is to begin without.
    void forget_after(const Observed& seen) {
        if (!seen.coverage.losses.empty() || !seen.coverage.retries.empty()) watch.reset();
    }
};
Kept kept;

/// What a behaviour finds: not seen, for it is there before.
void furnish(const std::string& name, const std::string& directory) {
    const auto allow = [](const std::string& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); };
    if (name == "executes") {
        const std::string program = directory + "/set-user-id";
        fs::copy_file("/bin/true", program);
        REQUIRE(::chown(program.c_str(), 1, 1) == 0);
        allow(program, 04755);
    }
    if (name == "executes_scripts") {
        fs::create_directory(directory + "/sub");
        for (const char* script : {"/script", "/sub/relative"}) {
            std::ofstream(directory + script) << "#!/bin/true\n";
            allow(directory + script, 0755);
        }
        fs::create_symlink("script", directory + "/link");
    }
}

std::string own_directory(const std::string& name) {
    // A storm is to be one of calls, not of disk writes.
    std::string directory = name == "storm" ? "/dev/shm/sandfit-test-XXXXXX" : "/var/tmp/sandfit-test-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    ::chmod(directory.c_str(), 0755);
    furnish(name, directory);
    return directory;
}

int run_watched(const std::string& name, const std::string& directory, const observe::OwnCgroup& group,
                const std::function<void()>& meanwhile) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (group.enter() != 0) ::_exit(126);
        // What happens here is set-up, like the service manager's between fork and exec: it must not be seen.
        ::mkdir((directory + "/made-before-exec").c_str(), 0755);
        ::execl(SANDFIT_BEHAVIOURS, "behaviours", name.c_str(), directory.c_str(), nullptr);
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) meanwhile();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Observed observe_behaviour(const std::string& name, const observe::Options& options,
                           const std::function<void(Watch&, UnitIndex)>& meanwhile) {
    const std::string directory = own_directory(name);
    auto group = observe::OwnCgroup::create();
    if (!group) FAIL(base::describe(group.error()));
    observe::Options chosen = options;
    if (chosen.probes == observe::Probes::automatic) chosen.probes = probes_under_test();
    Watch& watch = kept.of(chosen);
    const UnitIndex unit = watch.enrol(group->directory());
    const int status = run_watched(name, directory, *group, [&] { meanwhile(watch, unit); });
    Observed out = watch.finish(unit, directory, status);
    kept.forget_after(out);
    fs::remove_all(directory);
    return out;
}

}  // namespace

Observed observe_behaviour(const std::string& name, const observe::Options& options) {
    return observe_behaviour(name, options, [](Watch& watch, UnitIndex) { watch.poll(std::chrono::milliseconds(20)); });
}

Observed observe_behaviour(const std::string& name, const std::function<void(const Coverage&)>& look) {
    return observe_behaviour(name, {}, [&look](Watch& watch, UnitIndex unit) {
        REQUIRE(watch.observer->collect(watch.recorder));
        look(watch.observer->coverage(unit));
    });
}

struct BothWays::Impl {
    Watch one;
    Watch other;
};

BothWays::BothWays(const observe::Options& one, const observe::Options& other) {
    kept.watch.reset();
    impl_.reset(new Impl{Watch(one), Watch(other)});
}
BothWays::~BothWays() = default;

BothWays::Seen BothWays::run(const std::string& name, bool other_at_the_end) {
    const std::string directory = own_directory(name);
    auto group = observe::OwnCgroup::create();
    if (!group) FAIL(base::describe(group.error()));
    const UnitIndex in_one = impl_->one.enrol(group->directory());
    const UnitIndex in_other = impl_->other.enrol(group->directory());
    const int status = run_watched(name, directory, *group, [this, other_at_the_end] {
        impl_->one.poll(std::chrono::milliseconds(10));
        if (!other_at_the_end) impl_->other.poll(std::chrono::milliseconds(10));
    });
    Seen out{impl_->one.finish(in_one, directory, status), impl_->other.finish(in_other, directory, status)};
    fs::remove_all(directory);
    return out;
}

}  // namespace sandfit::tests
