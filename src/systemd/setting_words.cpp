#include "systemd/setting_words.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

namespace sandfit::systemd {

SettingWords capability_words(std::uint64_t mask) {
    SettingWords names;
    const int count = std::min(static_cast<int>(cap_max_bits()), 64);
    for (int bit = 0; bit < count; ++bit) {
        if ((mask >> bit & 1) == 0) continue;
        const std::unique_ptr<char, decltype(&cap_free)> name(cap_to_name(static_cast<cap_value_t>(bit)), &cap_free);
        if (!name) continue;
        std::string upper(name.get());
        std::transform(upper.begin(), upper.end(), upper.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        names.push_back(std::move(upper));
    }
    return names;
}

SettingWords namespace_words(std::uint64_t allowed) {
    constexpr std::array<std::pair<std::uint64_t, const char*>, 7> kNamespaces = {{{CLONE_NEWCGROUP, "cgroup"},
                                                                                   {CLONE_NEWIPC, "ipc"},
                                                                                   {CLONE_NEWNET, "net"},
                                                                                   {CLONE_NEWNS, "mnt"},
                                                                                   {CLONE_NEWPID, "pid"},
                                                                                   {CLONE_NEWUSER, "user"},
                                                                                   {CLONE_NEWUTS, "uts"}}};
    SettingWords names;
    for (const auto& [flag, name] : kNamespaces) {
        if ((allowed & flag) != 0) names.emplace_back(name);
    }
    if (names.size() == kNamespaces.size()) return {"no"};  // "time" came later: not every systemd lists it
    if ((allowed & CLONE_NEWTIME) != 0) names.emplace_back("time");
    if (names.empty()) return {"yes"};
    return names;
}

SettingWords mount_flag_words(std::uint64_t flags) {
    if ((flags & MS_SHARED) != 0) return {"shared"};
    if ((flags & MS_SLAVE) != 0) return {"slave"};
    if ((flags & MS_PRIVATE) != 0) return {"private"};
    return {};
}

SettingWords list_words(std::string_view directive, ListSense sense, SettingWords names) {
    // An empty allow-list allows nothing. Only here does systemd mean it: a build without BPF reports one for
    // RestrictFileSystems=, whatever was set, and enforces nothing.
    if (names.empty()) {
        const bool nothing = sense == ListSense::allow && directive == "RestrictAddressFamilies";
        return nothing ? SettingWords{"none"} : SettingWords();
    }
    std::ranges::sort(names);
    if (sense == ListSense::deny) names.front().insert(0, "~");
    return names;
}

std::string port_range_word(int family, int protocol, unsigned count, unsigned lowest) {
    std::string word;
    const auto add = [&word](std::string_view part) {
        if (!word.empty()) word += ':';
        word += part;
    };
    if (family == AF_INET || family == AF_INET6) add(family == AF_INET ? "ipv4" : "ipv6");
    if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) add(protocol == IPPROTO_TCP ? "tcp" : "udp");
    if (count == 1) add(fmt::format("{}", lowest));
    if (count > 1) add(fmt::format("{}-{}", lowest, lowest + count - 1));
    return word.empty() ? "any" : word;
}

std::string address_range_word(int family, std::string_view bytes, unsigned prefix_length) {
    const std::size_t size = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (size == 0 || bytes.size() != size || inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) {
        return {};
    }
    return fmt::format("{}/{}", text.data(), prefix_length);
}

std::string command_line(const ExecCommand& command) {
    const auto has = [&command](std::string_view flag) {
        return std::find(command.flags.begin(), command.flags.end(), flag) != command.flags.end();
    };
    std::string line;
    if (has("ignore-failure")) line += '-';
    if (has("no-env-expand")) line += ':';
    if (has("privileged")) line += '+';
    if (has("no-setuid")) line += '!';
    if (has("ambient")) line += "!!";
    line += command.path;
    for (std::size_t i = 1; i < command.argv.size(); ++i) line += " " + command.argv[i];
    return line;
}

}  // namespace sandfit::systemd
