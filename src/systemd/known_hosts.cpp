#include "systemd/known_hosts.h"

#include <embedded_hosts.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

namespace sandfit::systemd {
namespace {

using Json = nlohmann::json;

/// Without exceptions: a table that is damaged fails the unit test, and counts as absent.
std::optional<Host> parse(std::string_view text) {
    const Json table = Json::parse(text, nullptr, false);
    if (!table.is_object()) return std::nullopt;
    const auto words = [&table](const char* key) {
        std::set<std::string> out;
        const auto found = table.find(key);
        if (found == table.end() || !found->is_array()) return out;
        for (const auto& word : *found) {
            if (word.is_string()) out.insert(word.get<std::string>());
        }
        return out;
    };
    Host host;
    const auto version = table.find("systemd_version");
    if (version == table.end() || !version->is_number_integer()) return std::nullopt;
    host.systemd_version = version->get<int>();
    if (const auto name = table.find("architecture"); name != table.end() && name->is_string()) {
        host.architecture = name->get<std::string>();
    }
    host.directives = words("directives");
    host.features = words("features");
    host.syscalls = words("syscalls");
    const auto groups = [&table](const char* key) {
        std::map<std::string, std::vector<std::string>> out;
        const auto found = table.find(key);
        if (found == table.end() || !found->is_object()) return out;
        for (const auto& [name, members] : found->items()) {
            if (members.is_array()) out[name] = members.get<std::vector<std::string>>();
        }
        return out;
    };
    host.syscall_groups = groups("syscall_groups");
    host.file_system_groups = groups("file_system_groups");
    if (host.syscall_groups.empty() || host.directives.empty() || host.syscalls.empty()) return std::nullopt;
    return host;
}

}  // namespace

std::vector<int> known_versions() {
    std::vector<int> versions;
    for (const auto& [name, text] : k_hosts) {
        if (const auto host = parse(text)) versions.push_back(host->systemd_version);
    }
    std::sort(versions.begin(), versions.end());
    return versions;
}

Result<Host> host_of_version(int version) {
    std::optional<Host> best;
    for (const auto& [name, text] : k_hosts) {
        auto host = parse(text);
        if (!host || host->systemd_version > version) continue;
        if (!best || host->systemd_version > best->systemd_version) best = std::move(host);
    }
    if (best) return std::move(*best);
    return Error{ErrorKind::usage, fmt::format("there is no table for systemd {}", version), 0,
                 fmt::format("there are tables for {}, and newer versions are taken as the newest of them",
                             fmt::join(known_versions(), ", "))};
}

}  // namespace sandfit::systemd
