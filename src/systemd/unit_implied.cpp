#include <fmt/core.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "systemd/unit_state.h"

namespace sandfit::systemd {
namespace {

/// One that is known not to be of that version; a version that is not known is taken for the newest.
bool is_before(const Host& host, int version) {
    return host.systemd_version != 0 && host.systemd_version < version;
}

constexpr int kSinceModes = 257;  // PrivateTmp=, PrivateUsers=, ProtectControlGroups= know more than yes and no

bool has_root_of_its_own(const SettingsState& state) {
    const std::string directory = state.settings.scalar("RootDirectory");
    return !state.settings.scalar("RootImage").empty() || (!directory.empty() && directory != "/");
}

bool is_valid_user_name(const std::string& name) {
    constexpr std::size_t kMost = 31;
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= kMost && is_letter(name.front()) && std::ranges::all_of(name, fits);
}

void add_type(SettingsState& state, const Host& host) {
    const auto is_filled = [&state](const char* name) {
        const auto it = state.settings.values.find(name);
        return it != state.settings.values.end() && !it->second.empty();
    };
    const bool has_credentials = state.not_known.contains("LoadCredential") ||
                                 state.not_known.contains("ImportCredential") || state.has_encrypted_credentials;
    if (state.settings.scalar("Type").empty()) {
        if (is_filled("BusName")) {
            state.set("Type", "dbus");
        } else if (has_credentials && !is_before(host, 254)) {
            state.set("Type", "exec");
        } else {
            state.set("Type", is_filled("ExecStart") ? "simple" : "oneshot");
        }
    }
    const std::string type = state.settings.scalar("Type");
    if (type == "oneshot" && !state.assigned.contains("TimeoutStartUSec")) state.set("TimeoutStartUSec", "infinity");
    const bool notifies = type == "notify" || type == "notify-reload" || !state.is("WatchdogUSec", "0") ||
                          !state.is("FileDescriptorStoreMax", "0");
    if (state.is("NotifyAccess", "none") && notifies) state.set("NotifyAccess", "main");
    if (!state.assigned.contains("OOMPolicy") && state.is_on("Delegate")) state.set("OOMPolicy", "continue");
    if (state.settings.scalar("RestartKillSignal").empty()) {
        state.settings.values["RestartKillSignal"] = state.settings.values["KillSignal"];
    }
}

/// "inherit" stands for what the manager is configured to give, unless the input is a stream in both directions.
void add_streams(SettingsState& state) {
    if (state.is("StandardInput", "null") && state.has_standard_input_data) state.set("StandardInput", "data");
    const std::string input = state.settings.scalar("StandardInput");
    if (input.starts_with("tty") || input == "socket" || input == "fd") return;
    const bool output_is_default =
        !state.assigned.contains("StandardOutput") || state.is("StandardOutput", "inherit");
    if (output_is_default) state.settings.values.erase("StandardOutput");
    const bool error_is_default =
        !state.assigned.contains("StandardError") || (state.is("StandardError", "inherit") && output_is_default);
    if (error_is_default) state.settings.values.erase("StandardError");
}

void add_dynamic_user(SettingsState& state, const UnitNameParts& unit, const Host& host) {
    if (!state.is_on("DynamicUser")) return;
    if (state.settings.scalar("User").empty()) {
        if (is_valid_user_name(unit.prefix)) {
            state.set("User", unit.prefix);
        } else {
            state.settings.values.erase("User");
            state.not_known["User"] = "systemd makes it up from the unit's name";
        }
    }
    if (state.settings.scalar("Group").empty()) {
        if (const std::string user = state.settings.scalar("User"); !user.empty()) {
            state.set("Group", user);
        } else {
            state.settings.values.erase("Group");
            state.not_known["Group"] = "systemd makes it up from the unit's name";
        }
    }
    if (is_before(host, kSinceModes)) {
        state.set("PrivateTmp", "yes");
    } else if (state.is("PrivateTmpEx", "no")) {
        state.set("PrivateTmpEx", "disconnected");
    }
    state.set("RemoveIPC", "yes");
    state.set("ProtectSystem", "strict");
    if (state.is("ProtectHome", "no")) state.set("ProtectHome", "read-only");
    state.set("NoNewPrivileges", "yes");
    state.set("RestrictSUIDSGID", "yes");
}

void take_capabilities(SettingsState& state) {
    const auto bit = [](int capability) { return std::uint64_t{1} << capability; };
    std::uint64_t& bounding = state.capabilities["CapabilityBoundingSet"];
    if (state.is_on("PrivateDevices")) bounding &= ~(bit(CAP_MKNOD) | bit(CAP_SYS_RAWIO));
    if (state.is_on("ProtectKernelModules")) bounding &= ~bit(CAP_SYS_MODULE);
    if (state.is_on("ProtectKernelLogs")) bounding &= ~bit(CAP_SYSLOG);
    if (state.is_on("ProtectClock")) bounding &= ~(bit(CAP_SYS_TIME) | bit(CAP_WAKE_ALARM));
}

void add_devices(SettingsState& state, const Host& host) {
    if (state.is_on("PrivateDevices") && state.is("DevicePolicy", "auto")) state.set("DevicePolicy", "closed");
    SettingWords& allowed = state.settings.values["DeviceAllow"];
    if (state.is("DevicePolicy", "auto") && allowed.empty()) return;
    const auto allow = [&allowed](std::string device) { allowed.insert(allowed.begin(), std::move(device)); };
    if (!state.settings.scalar("RootImage").empty()) {
        for (const char* device : {"/dev/loop-control rw", "/dev/mapper/control rw", "block-loop rwm",
                                   "block-blkext rwm", "block-device-mapper rwm"}) {
            allow(device);
        }
    }
    if (state.is_on("ProtectClock")) allow("char-rtc r");
    if (state.has_encrypted_credentials) allow(is_before(host, 254) ? "/dev/tpmrm0 rw" : "char-tpm rw");
}

void add_others(SettingsState& state, const UnitNameParts& unit, const Host& host) {
    auto& values = state.settings.values;
    if (values["Description"].empty()) state.set("Description", unit.full);
    if (values["MountAPIVFS"].empty()) state.set("MountAPIVFS", has_root_of_its_own(state) ? "yes" : "no");
    if (values.contains("BindLogSockets") && values["BindLogSockets"].empty()) {
        const bool binds = state.is_on("MountAPIVFS") || !state.settings.scalar("LogNamespace").empty();
        state.set("BindLogSockets", binds ? "yes" : "no");
    }
    if (values.contains("SetLoginEnvironment") && values["SetLoginEnvironment"].empty()) {
        const bool logs_in = !state.settings.scalar("User").empty() || state.is_on("DynamicUser") ||
                             !state.settings.scalar("PAMName").empty();
        state.set("SetLoginEnvironment", logs_in ? "yes" : "no");
    }
    if (values["Slice"].empty()) {
        std::string prefix;
        for (const char c : unit.prefix) prefix += c == '-' ? "\\x2d" : std::string(1, c);
        state.set("Slice", unit.has_at ? fmt::format("system-{}.slice", prefix) : "system.slice");
    }
    values["SameProcessGroup"] = {"no"};
    values.try_emplace("DelegateControllers");
    for (const char* stream : {"StandardInput", "StandardOutput", "StandardError"}) {
        values.try_emplace(std::string(stream) + "FileDescriptorName");
    }
    constexpr int kLevelBits = 3;
    state.set("SyslogPriority", std::to_string(std::stoi(state.settings.scalar("SyslogFacility")) << kLevelBits |
                                               std::stoi(state.settings.scalar("SyslogLevel"))));
    // A real-time policy has priorities from 1 on, the others none.
    const std::string policy = state.settings.scalar("CPUSchedulingPolicy");
    const bool real_time = policy == "1" || policy == "2";
    if (!real_time) state.set("CPUSchedulingPriority", "0");
    if (real_time && state.is("CPUSchedulingPriority", "0")) state.set("CPUSchedulingPriority", "1");

    // The plain name of a setting that has modes says only whether it is on.
    if (!is_before(host, kSinceModes)) {
        for (const char* name : {"PrivateTmp", "PrivateUsers", "ProtectControlGroups"}) {
            state.set(name, state.is(std::string(name) + "Ex", "no") ? "no" : "yes");
        }
    }
}

/// "a/b" before "a-b": name by name.
bool comes_before(const std::string& a, const std::string& b) {
    return base::split(a, '/') < base::split(b, '/');
}

void put_lists_into_words(SettingsState& state, const Host& host) {
    auto& values = state.settings.values;
    for (const auto& [name, mask] : state.capabilities) values[name] = capability_words(mask);
    for (const auto& [name, filter] : state.filters) values[name] = filter.words(name);
    for (const auto& [name, ranges] : state.addresses) values[name] = {ranges.begin(), ranges.end()};
    values["RestrictNamespaces"] = namespace_words(state.namespaces);
    values["BindPaths"].clear();
    values["BindReadOnlyPaths"].clear();
    for (const auto& mount : state.bind_mounts) {
        values[mount.read_only ? "BindReadOnlyPaths" : "BindPaths"].push_back(mount.word);
    }
    // A build without BPF keeps none.
    if (!host.features.empty() && host.features.count("BPF_FRAMEWORK") == 0) values["RestrictFileSystems"].clear();
    for (const auto& item : values["RestrictFileSystems"]) {
        if (item.find('@') != std::string::npos) state.not_known["RestrictFileSystems"] = "it names a group";
    }
    for (const char* name :
         {"RuntimeDirectory", "StateDirectory", "CacheDirectory", "LogsDirectory", "ConfigurationDirectory"}) {
        std::ranges::sort(values[name], comes_before);
    }
}

}  // namespace

void add_implied_settings(SettingsState& state, const UnitNameParts& unit, const Host& host) {
    add_type(state, host);
    add_streams(state);
    add_dynamic_user(state, unit, host);
    take_capabilities(state);
    add_devices(state, host);
    add_others(state, unit, host);
    put_lists_into_words(state, host);
}

}  // namespace sandfit::systemd
