#include "observe/peaks.h"

#include <dirent.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/file.h"

namespace sandfit::observe {
namespace {

constexpr std::size_t kSmallFile = 16u << 10;
constexpr std::uint64_t kKibibyte = 1024;

/// The first number behind "\nNAME:".
std::optional<std::uint64_t> field(std::string_view status, std::string_view name) {
    const std::string line = fmt::format("\n{}:", name);
    const std::size_t at = status.find(line);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view rest = status.substr(at + line.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (failed != std::errc()) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> count_in(const std::string& path) {
    const auto text = base::read_file(path, kSmallFile);
    return text ? parse_count(*text) : std::nullopt;
}

}  // namespace

std::optional<ProcessUse> parse_status(std::string_view text) {
    const auto user = field(text, "Uid");
    const auto threads = field(text, "Threads");
    const auto resident = field(text, "VmHWM");  // in kB, as all that begin with Vm
    if (!user || !threads || !resident) return std::nullopt;
    ProcessUse use;
    use.user = static_cast<std::uint32_t>(*user);
    use.threads = *threads;
    use.locked_bytes = (field(text, "VmLck").value_or(0) + field(text, "VmPin").value_or(0)) * kKibibyte;
    use.resident_bytes = *resident * kKibibyte;
    return use;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::uint64_t open_files_beyond(pid_t pid, std::uint64_t known) {
    struct Close {
        void operator()(DIR* directory) const { ::closedir(directory); }
    };
    const std::unique_ptr<DIR, Close> directory(::opendir(fmt::format("/proc/{}/fd", pid).c_str()));
    if (!directory) return known;
    // In this directory descriptor N stands at position N + 2, behind "." and "..": a hundred thousand open files
    // need not be listed again at each look.
    constexpr std::uint64_t kBefore = 2;
    ::seekdir(directory.get(), static_cast<long>(known + kBefore));
    std::uint64_t most = known;
    while (const dirent* entry = ::readdir(directory.get())) {
        if (const auto descriptor = parse_count(entry->d_name)) most = std::max(most, *descriptor + 1);
    }
    return most;
}

void PeakSampler::raise(Used what, std::uint64_t value, const char* source) {
    Peak& peak = peaks_[what];
    peak.value = std::max(peak.value, value);
    peak.sources.insert(source);
}

void PeakSampler::look(const std::string& group, const std::vector<pid_t>& processes) {
    std::uint64_t threads = 0;
    std::map<std::uint32_t, std::uint64_t> of_user;
    for (const pid_t pid : processes) {
        const auto text = base::read_file(fmt::format("/proc/{}/status", pid), kSmallFile);
        const auto use = text ? parse_status(*text) : std::nullopt;
        if (!use) continue;  // gone meanwhile
        threads += use->threads;
        of_user[use->user] += use->threads;
        raise(Used::locked_bytes, use->locked_bytes, "/proc/PID/status");
        raise(Used::resident_bytes, use->resident_bytes, "/proc/PID/status");
        const auto known = peaks_.find(Used::open_files);
        raise(Used::open_files, open_files_beyond(pid, known == peaks_.end() ? 0 : known->second.value),
              "/proc/PID/fd");
    }
    // The limit does not bind root.
    for (const auto& [user, tasks] : of_user) {
        if (user != 0) raise(Used::tasks_of_user, tasks, "/proc/PID/status");
    }
    if (const auto peak = count_in(group + "/pids.peak")) {  // COMPAT(6.1): kept by the kernel since then
        raise(Used::tasks, *peak, "pids.peak");
    } else if (const auto now = count_in(group + "/pids.current")) {
        raise(Used::tasks, *now, "pids.current");
    } else if (threads > 0) {
        raise(Used::tasks, threads, "/proc/PID/status");  // without the controller, as in `sandfit run`
    }
}

}  // namespace sandfit::observe
