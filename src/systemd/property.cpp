#include "systemd/property.h"

#include <fmt/core.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "systemd/setting_words.h"

namespace sandfit::systemd {
namespace {

using Words = SettingWords;

// What changes while a unit runs is no setting: it would make each recording of it differ. A name that a newer
// systemd adds and that is missing here does no harm beyond that.
constexpr std::array<std::string_view, 9> kVolatileEndings = {
    "Timestamp", "TimestampMonotonic", "PID", "Bytes", "Packets", "Operations", "UsageNSec", "Peak", "Symlink"};
const std::set<std::string_view> kVolatile = {"CleanResult",
                                              "ControlGroup",
                                              "ControlGroupId",
                                              "EffectiveCPUs",
                                              "EffectiveMemoryHigh",
                                              "EffectiveMemoryMax",
                                              "EffectiveTasksMax",
                                              "ExecMainCode",
                                              "ExecMainStatus",
                                              "EffectiveMemoryNodes",
                                              "GID",
                                              "LiveMountResult",
                                              "MemoryAvailable",
                                              "MemoryCurrent",
                                              "MemorySwapCurrent",
                                              "MemoryZSwapCurrent",
                                              "NFileDescriptorStore",
                                              "NRestarts",
                                              "ReloadResult",
                                              "RestartUSecNext",
                                              "Result",
                                              "StatusBusError",
                                              "StatusErrno",
                                              "StatusText",
                                              "StatusVarlinkError",
                                              "TasksCurrent",
                                              "UID"};

// The settings of the interface Unit that somebody may ask for; the others are its dependencies and states.
const std::set<std::string_view> kUnitSettings = {"DefaultDependencies", "Description",      "DropInPaths",
                                                  "FragmentPath",        "JoinsNamespaceOf", "Names",
                                                  "RefuseManualStart",   "RefuseManualStop", "TriggeredBy"};

// systemd's value for "kill the process instead of an errno", which is above all errnos.
constexpr std::uint64_t kSeccompKill = 0x7ffffffe;

Words word(std::string text) {
    return text.empty() ? Words() : Words{std::move(text)};
}

std::string number_text(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value.data)) return fmt::format("{}", *number);
    return fmt::format("{}", value.as_unsigned());
}

Words number_words(const std::string& name, const Value& value) {
    const std::uint64_t number = value.as_unsigned();
    if (name == "CapabilityBoundingSet" || name == "AmbientCapabilities") return capability_words(number);
    if (name == "RestrictNamespaces") return namespace_words(number);
    if (name == "MountFlags") return mount_flag_words(number);
    if (name == "UMask" || name.ends_with("Mode")) return {fmt::format("{:04o}", number)};
    if (name == "SystemCallErrorNumber") {
        return {number == kSeccompKill || number == 0 ? "kill" : base::errno_name(static_cast<int>(number))};
    }
    if (number == UINT64_MAX && std::holds_alternative<std::uint64_t>(value.data)) return {"infinity"};
    return {number_text(value)};
}

const Value& at(const Value::List& list, std::size_t index) {
    static const Value kNone;
    return index < list.size() ? list[index] : kNone;
}

/// (bas): is it an allow-list, and the list.
Words filter_words(const std::string& name, const Value& value) {
    const auto sense = at(value.as_list(), 0).as_bool() ? ListSense::allow : ListSense::deny;
    Words words;
    for (const auto& item : at(value.as_list(), 1).as_list()) words.push_back(item.as_text());
    return list_words(name, sense, std::move(words));
}

/// a(iayu): family, address bytes, prefix length.
std::string address_range(const Value& item) {
    std::string bytes;
    for (const auto& byte : at(item.as_list(), 1).as_list()) bytes += static_cast<char>(byte.as_unsigned());
    return address_range_word(static_cast<int>(at(item.as_list(), 0).as_unsigned()), bytes,
                              static_cast<unsigned>(at(item.as_list(), 2).as_unsigned()));
}

/// a(iiqq): family, protocol, number of ports, the lowest.
std::string port_range(const Value& item) {
    const auto number = [&item](std::size_t index) { return at(item.as_list(), index).as_unsigned(); };
    return port_range_word(static_cast<int>(number(0)), static_cast<int>(number(1)), static_cast<unsigned>(number(2)),
                           static_cast<unsigned>(number(3)));
}

std::vector<ExecCommand> commands_of(const std::string& directive, const Property& property) {
    // COMPAT(243): the plain property knows one flag, "ignore failure", as a boolean; the one that ends in Ex
    // knows them all, as words.
    std::vector<ExecCommand> commands;
    for (const auto& item : property.value.as_list()) {
        const auto& fields = item.as_list();
        ExecCommand command;
        command.directive = directive;
        command.path = at(fields, 0).as_text();
        for (const auto& argument : at(fields, 1).as_list()) command.argv.push_back(argument.as_text());
        for (const auto& flag : at(fields, 2).as_list()) command.flags.push_back(flag.as_text());
        if (at(fields, 2).as_bool()) command.flags.emplace_back("ignore-failure");
        commands.push_back(std::move(command));
    }
    return commands;
}

bool is_exec(const Property& property) {
    return property.signature == "a(sasbttttuii)" || property.signature == "a(sasasttttuii)";
}

template <typename OneWord>
Words each(const Value& list, OneWord one_word) {
    Words words;
    for (const auto& item : list.as_list()) {
        std::string text = one_word(item);
        if (!text.empty()) words.push_back(std::move(text));
    }
    return words;
}

const Property& find(const Properties& properties, const std::string& name) {
    static const Property kNone;
    const auto it = properties.find(name);
    return it == properties.end() ? kNone : it->second;
}

}  // namespace

bool Value::as_bool() const {
    const bool* value = std::get_if<bool>(&data);
    return value != nullptr && *value;
}

std::uint64_t Value::as_unsigned() const {
    if (const auto* value = std::get_if<std::uint64_t>(&data)) return *value;
    if (const auto* value = std::get_if<std::int64_t>(&data)) return static_cast<std::uint64_t>(*value);
    return 0;
}

const std::string& Value::as_text() const {
    static const std::string kNone;
    const auto* value = std::get_if<std::string>(&data);
    return value != nullptr ? *value : kNone;
}

const Value::List& Value::as_list() const {
    static const List kNone;
    const auto* value = std::get_if<List>(&data);
    return value != nullptr ? *value : kNone;
}

std::optional<Words> setting_words(const std::string& name, const Property& property) {
    if (kVolatile.count(name) != 0) return std::nullopt;
    for (const auto ending : kVolatileEndings) {
        if (name.ends_with(ending)) return std::nullopt;
    }

    const std::string& type = property.signature;
    const Value& value = property.value;
    if (type == "b") return Words{value.as_bool() ? "yes" : "no"};
    if (type == "s" || type == "o") return word(value.as_text());
    if (type == "as" || type == "ao") return each(value, [](const Value& item) { return item.as_text(); });
    if (type == "t" || type == "u" || type == "q" || type == "x" || type == "i" || type == "n") {
        return number_words(name, value);
    }
    if (type == "(bas)") return filter_words(name, value);
    if (type == "(bs)" || type == "a(sb)") {
        // A file or label whose absence is forgiven when the flag is set, as "-" says in a unit file.
        const bool flag_first = type == "(bs)";
        const auto text = [flag_first](const Value& item) {
            const std::string& name_of = at(item.as_list(), flag_first ? 1 : 0).as_text();
            const bool ignore = at(item.as_list(), flag_first ? 0 : 1).as_bool();
            return name_of.empty() ? std::string() : (ignore ? "-" : "") + name_of;
        };
        return flag_first ? word(text(value)) : each(value, text);
    }
    if (type == "a(ss)") {
        const char separator = name == "DeviceAllow" ? ' ' : ':';
        return each(value, [separator](const Value& item) {
            const std::string& second = at(item.as_list(), 1).as_text();
            return at(item.as_list(), 0).as_text() + (second.empty() ? std::string() : separator + second);
        });
    }
    if (type == "a(ssbt)") {
        return each(value, [](const Value& item) {
            constexpr std::uint64_t kRecursive = MS_REC;
            const auto& fields = item.as_list();
            return fmt::format("{}{}:{}:{}", at(fields, 2).as_bool() ? "-" : "", at(fields, 0).as_text(),
                               at(fields, 1).as_text(),
                               (at(fields, 3).as_unsigned() & kRecursive) != 0 ? "rbind" : "norbind");
        });
    }
    if (type == "a(iayu)") {
        // systemd keeps them in a hash table, so that their order is another after each boot.
        Words ranges = each(value, address_range);
        std::ranges::sort(ranges);
        return ranges;
    }
    if (type == "a(iiqq)") return each(value, port_range);
    return std::nullopt;
}

UnitState unit_state(const Properties& unit, const Properties& service) {
    UnitState state;
    state.id = find(unit, "Id").value.as_text();
    state.load_state = find(unit, "LoadState").value.as_text();
    state.load_error = at(find(unit, "LoadError").value.as_list(), 1).as_text();
    state.active_state = find(unit, "ActiveState").value.as_text();
    state.sub_state = find(unit, "SubState").value.as_text();
    state.can_start = find(unit, "CanStart").value.as_bool();
    state.can_stop = find(unit, "CanStop").value.as_bool();
    state.can_reload = find(unit, "CanReload").value.as_bool();
    state.refuse_manual_start = find(unit, "RefuseManualStart").value.as_bool();
    state.refuse_manual_stop = find(unit, "RefuseManualStop").value.as_bool();
    state.need_daemon_reload = find(unit, "NeedDaemonReload").value.as_bool();
    state.fragment_path = find(unit, "FragmentPath").value.as_text();
    for (const auto& path : find(unit, "DropInPaths").value.as_list()) state.drop_in_paths.push_back(path.as_text());
    for (const auto& name : find(unit, "TriggeredBy").value.as_list()) state.triggered_by.push_back(name.as_text());

    for (const auto& byte : find(unit, "InvocationID").value.as_list()) {
        state.invocation += fmt::format("{:02x}", byte.as_unsigned() & 0xff);
    }
    // Before the first run it is there, and zero.
    if (state.invocation.find_first_not_of('0') == std::string::npos) state.invocation.clear();

    state.type = find(service, "Type").value.as_text();
    state.control_group = find(service, "ControlGroup").value.as_text();
    state.slice = find(service, "Slice").value.as_text();
    state.main_pid = static_cast<std::int64_t>(find(service, "MainPID").value.as_unsigned());
    state.restarts = find(service, "NRestarts").value.as_unsigned();
    state.result = find(service, "Result").value.as_text();
    state.main_status = static_cast<int>(find(service, "ExecMainStatus").value.as_unsigned());

    for (const auto& [name, property] : unit) {
        if (kUnitSettings.count(name) == 0) continue;
        if (auto words = setting_words(name, property)) state.settings.values[name] = std::move(*words);
    }
    for (const auto& [name, property] : service) {
        if (is_exec(property)) {
            if (name.ends_with("Ex")) continue;
            const auto full = service.find(name + "Ex");
            auto commands = commands_of(name, full != service.end() ? full->second : property);
            auto& lines = state.settings.values[name];
            for (auto& command : commands) {
                lines.push_back(command_line(command));
                state.commands.push_back(std::move(command));
            }
        } else if (auto words = setting_words(name, property)) {
            state.settings.values[name] = std::move(*words);
        }
    }
    return state;
}

}  // namespace sandfit::systemd
