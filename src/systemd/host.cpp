#include "systemd/host.h"

#include <fmt/core.h>
#include <seccomp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <system_error>

namespace sandfit::systemd {
namespace {

std::string output_of(const std::vector<std::string>& command) {
    auto output = base::run_command(command);
    return output && output->status == 0 ? std::move(output->out) : std::string();
}

std::vector<std::string> analyze(const char* what) {
    // SYSTEMD_COLORS: set by the user, it would colour even what goes into a pipe.
    return {"env", "SYSTEMD_COLORS=0", "systemd-analyze", "--no-pager", what};
}

/// The manager's own program: it lists its directives without a manager running.
std::string manager_program() {
    for (const char* path : {"/usr/lib/systemd/systemd", "/lib/systemd/systemd"}) {
        if (::access(path, X_OK) == 0) return path;
    }
    return {};
}

std::set<std::string> syscalls_of_libseccomp() {
    // Above: the kernels' numbers; the newest is below 600. Below zero: names that only other architectures have
    // got, which systemd accepts in a filter as well; they lie within -10000 and -10400.
    constexpr int kHighest = 1023;
    constexpr int kLowest = -12000;
    std::set<std::string> names;
    for (int number = kLowest; number <= kHighest; ++number) {
        const std::unique_ptr<char, decltype(&std::free)> name(
            seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
        if (name) names.emplace(name.get());
    }
    return names;
}

void expand(const std::string& group, const std::map<std::string, std::set<std::string>>& raw,
            std::set<std::string>& open, std::set<std::string>& into) {
    // A group that contains itself would be a mistake of systemd's; it must not hang us.
    if (!open.insert(group).second) return;
    const auto found = raw.find(group);
    if (found == raw.end()) return;
    for (const auto& member : found->second) {
        if (member.front() == '@') {
            expand(member, raw, open, into);
        } else {
            into.insert(member);
        }
    }
}

}  // namespace

SystemdVersion parse_systemd_version(std::string_view output) {
    SystemdVersion version;
    const std::string_view line = output.substr(0, output.find('\n'));
    constexpr std::string_view kStart = "systemd ";
    if (!line.starts_with(kStart)) return version;
    std::string_view rest = line.substr(kStart.size());
    version.number = std::atoi(std::string(rest).c_str());
    const std::size_t open = rest.find('(');
    const std::size_t close = rest.rfind(')');
    if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
        rest = rest.substr(open + 1, close - open - 1);
    }
    version.text = std::string(base::trim(rest));
    return version;
}

std::set<std::string> parse_systemd_features(std::string_view output) {
    std::set<std::string> features;
    const std::size_t line = output.find('\n');
    if (!output.starts_with("systemd ") || line == std::string_view::npos) return features;
    for (const auto& rest : base::split(output.substr(line + 1), '\n')) {
        for (const auto& word : base::split(rest, ' ')) {
            if (word.size() > 1 && word.front() == '+') features.insert(word.substr(1));
        }
    }
    return features;
}

std::map<std::string, std::vector<std::string>> parse_groups(std::string_view output) {
    std::map<std::string, std::set<std::string>> raw;
    std::set<std::string>* group = nullptr;
    for (const auto& line : base::split(output, '\n')) {
        if (line.empty()) continue;
        const bool indented = line.front() == ' ' || line.front() == '\t';
        std::string word(base::trim(line));
        if (word.empty()) continue;
        // Behind a type of file systems stands its number: "ext4 (magic: 0xef53)".
        if (const auto number = word.find(" ("); indented && number != std::string::npos) word.resize(number);
        if (!indented) {
            // A head line: a group, or a comment that opens the list of calls that are in no group.
            group = word.front() == '@' ? &raw[word] : nullptr;
        } else if (group != nullptr && word.front() != '#' && word.find(' ') == std::string::npos) {
            group->insert(word);
        }
    }

    std::map<std::string, std::vector<std::string>> groups;
    for (const auto& entry : raw) {
        std::set<std::string> open;
        std::set<std::string> members;
        expand(entry.first, raw, open, members);
        groups[entry.first].assign(members.begin(), members.end());
    }
    return groups;
}

std::set<std::string> parse_service_directives(std::string_view output) {
    std::set<std::string> directives;
    bool in_service = false;
    for (const auto& line : base::split(output, '\n')) {
        if (line.starts_with('[')) {
            in_service = line == "[Service]";
            continue;
        }
        const std::size_t equals = line.find('=');
        if (!in_service || equals == std::string::npos || equals == 0) continue;
        if (line.substr(equals + 1) != "NOTSUPPORTED") directives.insert(line.substr(0, equals));
    }
    return directives;
}

std::string parse_pretty_name(std::string_view os_release) {
    for (const auto& line : base::split(os_release, '\n')) {
        constexpr std::string_view kKey = "PRETTY_NAME=";
        if (!line.starts_with(kKey)) continue;
        std::string_view value = base::trim(std::string_view(line).substr(kKey.size()));
        const bool quoted =
            value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
        if (quoted) value = value.substr(1, value.size() - 2);
        std::string name;
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (value[i] == '\\' && i + 1 < value.size()) ++i;
            name += value[i];
        }
        return name;
    }
    return {};
}

std::map<std::string, std::string> links_in(const std::vector<std::string>& directories, std::size_t most) {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> links;
    for (const auto& directory : directories) {
        std::map<std::string, std::string> here;
        std::error_code ended;
        for (fs::directory_iterator it(directory, ended), end; !ended && it != end; it.increment(ended)) {
            std::error_code gone;
            if (!it->is_symlink(gone) || gone) continue;
            const fs::path target = fs::canonical(it->path(), gone);
            if (!gone) here[it->path().string()] = target.string();
        }
        if (here.size() <= most) links.merge(here);
    }
    return links;
}

HostIdentity identify_host() {
    HostIdentity host;
    utsname names{};
    if (::uname(&names) == 0) {
        host.kernel = names.release;
        host.architecture = names.machine;
    }
#ifdef __GLIBC__
    host.libc = fmt::format("glibc {}", gnu_get_libc_version());
#endif
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        const auto text = base::read_file(path, 64u << 10);
        if (!text) continue;
        host.os = parse_pretty_name(*text);
        break;
    }
    host.systemd = parse_systemd_version(output_of({"systemctl", "--version"})).text;
    host.links = links_in({"/", "/usr", "/var", "/var/spool"});
    return host;
}

Host read_host() {
    Host host;
    utsname names{};
    if (::uname(&names) == 0) host.architecture = names.machine;
    const std::string version = output_of({"systemctl", "--version"});
    host.systemd_version = parse_systemd_version(version).number;
    host.features = parse_systemd_features(version);
    if (const std::string manager = manager_program(); !manager.empty()) {
        host.directives = parse_service_directives(output_of({manager, "--dump-configuration-items"}));
    }
    host.syscall_groups = parse_groups(output_of(analyze("syscall-filter")));
    // A systemd that was built without BPF refuses to answer.
    host.file_system_groups = parse_groups(output_of(analyze("filesystems")));
    host.syscalls = syscalls_of_libseccomp();
    return host;
}

}  // namespace sandfit::systemd
