#include "cli/session.h"

#include <fmt/core.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "profile/reload.h"
#include "profile/store.h"

namespace sandfit::cli {
namespace {

using namespace std::chrono_literals;

/// The first checkpoint comes early, so that a sandfit that is killed soon leaves something, too.
constexpr auto kFirstCheckpoint = 1s;
constexpr auto kCheckpointInterval = 5s;
/// While nothing new is seen, only counts and times change; they are not worth a file every five seconds.
constexpr auto kIdleSaveInterval = 30s;
/// Checkpoints of a very large profile come more rarely, so that they take at most 1/20 of the time.
constexpr int kCheckpointShare = 20;
/// Shorter observations show no progress, only their report.
constexpr auto kFirstProgress = 1s;
constexpr auto kLongestPoll = 1000ms;

std::int64_t wall_clock_us() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

std::chrono::milliseconds to_ms(Session::Clock::duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(const SessionOptions& options) {
    return create(options, nullptr);
}

Result<std::unique_ptr<Session>> Session::create(const SessionOptions& options,
                                                 std::unique_ptr<observe::Observer> observer) {
    std::unique_ptr<Session> session(new Session(options));
    // First, so that no thread that the observer may make takes our signals.
    if (const auto done = session->take_over_signals(); !done) return done.error();
    if (observer == nullptr) {
        auto created = observe::Observer::create(options.observer);
        if (!created) return created.error();
        observer = std::move(*created);
    }
    session->observer_ = std::move(observer);
    session->started_ = Clock::now();
    session->next_checkpoint_ = session->started_ + kFirstCheckpoint;
    session->progress_.begin(session->started_ + kFirstProgress);
    return session;
}

Session::Session(const SessionOptions& options) : how_(options.how), progress_(options.progress) {}

Session::~Session() {
    progress_.clear();
    if (!owns_signals_) return;
    ::signal(SIGPIPE, original_sigpipe_);
    ::pthread_sigmask(SIG_SETMASK, &original_mask_, nullptr);
}

Result<void> Session::take_over_signals() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&ours, number);
    struct sigaction hangup {};
    ::sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) sigaddset(&ours, SIGHUP);
    if (const int failed = ::pthread_sigmask(SIG_BLOCK, &ours, &original_mask_); failed != 0) {
        return base::system_error("cannot block signals", failed);
    }
    // `sandfit observe 2>&1 | head` must not lose the profile.
    original_sigpipe_ = ::signal(SIGPIPE, SIG_IGN);
    owns_signals_ = true;

    signal_fd_ = base::Fd(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
    wake_fd_ = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    any_fd_ = base::Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!signal_fd_.is_open() || !wake_fd_.is_open() || !any_fd_.is_open()) {
        return base::system_error("cannot make descriptors to wait for signals");
    }
    for (const int fd : {signal_fd_.get(), wake_fd_.get()}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        if (::epoll_ctl(any_fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
            return base::system_error("cannot wait for signals");
        }
    }
    return {};
}

void Session::read_signals() {
    std::uint64_t wakes = 0;
    while (::read(wake_fd_.get(), &wakes, sizeof wakes) > 0) {
    }
    signalfd_siginfo info{};
    while (::read(signal_fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const int number = static_cast<int>(info.ssi_signo);
        if (number == SIGCHLD) continue;  // it only wakes; whose child it was is asked by `done`
        ++signals_;
        last_signal_ = number;
        last_signal_was_typed_ = info.ssi_code == SI_KERNEL;
    }
}

void Session::wake() {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
    static_cast<void>(written);  // full means that it is awake already
}

Result<void> Session::watch(WatchedUnit unit) {
    Unit ours{unit.output, unit.start, {}, {}, false};
    ours.run.started_us = wall_clock_us();
    ours.run.how = how_;
    unit.skeleton.tool_version = SANDFIT_VERSION;
    const UnitIndex recorded = recorder_.add_unit(std::move(unit.skeleton));
    units_.push_back(std::move(ours));
    const auto enrolled = observer_->enrol(unit.enrolment);
    if (!enrolled) return enrolled.error();
    assert(*enrolled == recorded);
    static_cast<void>(recorded);
    return {};
}

Result<Ending> Session::wait(std::optional<Clock::time_point> deadline, const std::function<bool()>& done) {
    auto ending = wait_or_fail(deadline, done);
    failed_ = failed_ || !ending;
    return ending;
}

Result<Ending> Session::wait_or_fail(std::optional<Clock::time_point> deadline, const std::function<bool()>& done) {
    const unsigned signals_before = signals_;
    while (true) {
        read_signals();
        if (signals_ > signals_before) return Ending::interrupted;
        if (done && done()) return Ending::condition;
        const auto now = Clock::now();
        if (deadline && now >= *deadline) return Ending::deadline;
        if (now >= next_checkpoint_) {
            if (const auto saved = checkpoint(); !saved) return saved.error();
        }
        if (progress_.due(now)) show_progress(now);

        auto until = std::min(next_checkpoint_, now + kLongestPoll);
        if (deadline) until = std::min(until, *deadline);
        if (progress_.next() > now) until = std::min(until, progress_.next());
        // Rounded up, or the last millisecond would be spent in a busy loop.
        const auto limit = to_ms(until - now) + 1ms;
        if (const auto polled = observer_->poll(recorder_, limit, any_fd_.get()); !polled) return polled.error();
        for (const std::string& notice : observer_->take_notices()) progress_.note(printable(notice));
    }
}

void Session::show_progress(Clock::time_point now) {
    if (units_.empty()) return;
    ProgressFigures figures;
    figures.elapsed = to_ms(now - started_);
    figures.units = units_.size();
    figures.counts = recorder_.counts(0);
    for (UnitIndex i = 1; i < units_.size(); ++i) {
        const auto counts = recorder_.counts(i);
        for (std::size_t kind = 0; kind < counts.size(); ++kind) figures.counts[kind].facts += counts[kind].facts;
    }
    figures.since_new_fact = to_ms(now - recorder_.last_new_fact());
    const observe::Progress kernel = observer_->progress();
    figures.retried = kernel.retried;
    figures.lost = kernel.lost;
    progress_.show(figures, now);
}

Profile Session::profile_of(UnitIndex index, bool complete) const {
    Profile profile = recorder_.snapshot(index);
    profile.coverage = observer_->coverage(index);
    if (start_goes_on_) profile.coverage.phases.erase(Phase::start);
    if (profile::saw_reload(profile)) profile.coverage.phases.insert(Phase::reload);
    profile.directories = observer_->directories(index);
    profile.peaks = observer_->peaks(index);
    Run run = units_[index].run;
    run.ended_us = wall_clock_us();
    run.workload = workload_;
    run.workload_status = workload_status_;
    run.complete = complete && !start_goes_on_;
    profile.runs.push_back(std::move(run));
    return profile;
}

Result<void> Session::checkpoint() {
    const auto begin = Clock::now();
    if (const auto collected = observer_->collect(recorder_); !collected) return collected.error();
    for (UnitIndex i = 0; i < units_.size(); ++i) {
        Unit& unit = units_[i];
        const bool news = !unit.saved_once || recorder_.last_new_fact(i) >= unit.saved_at;
        if (unit.output.empty() || (!news && begin - unit.saved_at < kIdleSaveInterval)) continue;
        unit.saved_at = begin;
        const auto saved = profile::save(profile_of(i, false), unit.output);
        unit.saved_once = saved.has_value();
        if (!saved && !told_checkpoint_failure_) {
            // A full disk now may have room again when the observation ends.
            told_checkpoint_failure_ = true;
            progress_.note(format_error(in_context("checkpoint failed, going on", saved.error())));
        }
    }
    const auto end = Clock::now();
    next_checkpoint_ = end + std::max<Clock::duration>(kCheckpointInterval, kCheckpointShare * (end - begin));
    return {};
}

Result<std::vector<SavedProfile>> Session::finish() {
    progress_.clear();
    // Whatever fails from here on, what is already recorded is still saved.
    std::optional<Error> failed;
    const auto keep_first = [&failed](const Result<void>& result) {
        if (!result && !failed) failed = result.error();
    };
    keep_first(observer_->poll(recorder_, 0ms));
    keep_first(observer_->collect(recorder_));
    for (const std::string& notice : observer_->take_notices()) progress_.note(printable(notice));

    std::vector<SavedProfile> all;
    for (UnitIndex i = 0; i < units_.size(); ++i) {
        SavedProfile saved{units_[i].output, profile_of(i, !failed_ && !failed), {}};
        saved.gaps = gaps_of(saved.profile.coverage, units_[i].start);
        if (saved.profile.facts.empty()) saved.gaps.emplace_back("nothing was seen: it did not run");
        if (!saved.path.empty()) keep_first(profile::save(saved.profile, saved.path));
        all.push_back(std::move(saved));
    }
    if (failed) return *failed;
    return all;
}

std::string profile_path(const std::optional<std::string>& given, bool given_is_directory, std::string_view unit) {
    std::string name(unit);
    std::ranges::replace(name, '/', '-');
    // A leading dot would hide the file, or name a directory.
    if (name.empty() || name.front() == '.') name.insert(0, "_");
    // Room for the suffixes: file systems take names of 255 bytes.
    name = name.substr(0, 200) + ".profile.json";
    if (!given) return "./" + name;
    if (!given_is_directory) return *given;
    return given->ends_with('/') ? *given + name : *given + "/" + name;
}

Result<void> check_writable(const std::string& path) {
    const std::string shown = base::escape_bytes(path);
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return Error{ErrorKind::usage, fmt::format("cannot write {}: it is a directory", shown), 0, ""};
    }
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    if (::access(directory.c_str(), W_OK | X_OK) != 0) {
        Error error = base::system_error("cannot write " + shown, errno);
        if (error.sys_errno == ENOENT)
            error.hint = fmt::format("make the directory {} first", base::escape_bytes(directory));
        return error;
    }
    return {};
}

}  // namespace sandfit::cli
