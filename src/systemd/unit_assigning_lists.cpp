// The kinds of settings that are lists.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "systemd/unit_assigning.h"
#include "systemd/unit_commands.h"
#include "systemd/unit_values.h"

namespace sandfit::systemd {

using Quotes = WordSyntax::Quotes;
using Escapes = WordSyntax::Escapes;
using Repeated = WordSyntax::Repeated;

void Assigning::take_paths() {
    if (value_.empty()) return reset();
    const auto words = words_of(value_);
    for (const auto& word : words.words) {
        std::string prefix;
        std::string_view rest = word;
        for (const char c : {'-', '+'}) {
            if (!rest.starts_with(c)) continue;
            prefix += c;
            rest.remove_prefix(1);
        }
        if (const auto path = absolute_path(rest)) list().push_back(prefix + *path);
    }
    if (!words.complete) complain("a quote or a backslash has no end");
}

void Assigning::take_colon_paths() {
    if (value_.empty()) return reset();
    const auto words = words_of(value_, {Quotes::literal, Escapes::dropped, ":", Repeated::are_empty_words});
    for (const auto& word : words.words) {
        if (const auto path = absolute_path(word)) list().push_back(*path);
    }
}

void Assigning::take_names() {
    if (value_.empty()) return reset();
    const bool plain = spec_.kind == SettingKind::plain_names;
    const auto escapes = spec_.name == "UnsetEnvironment" ? Escapes::c_style : Escapes::dropped;
    const auto words = words_of(value_, {plain ? Quotes::literal : Quotes::taken_off, escapes});
    for (const auto& word : words.words) {
        std::string name = expanded(word);
        if (!plain && std::ranges::find(list(), name) != list().end()) continue;
        list().push_back(std::move(name));
    }
    if (!words.complete) complain("a quote or a backslash has no end");
}

void Assigning::take_variables() {
    if (value_.empty()) return reset();
    const auto words = words_of(value_, {Quotes::taken_off, Escapes::c_style});
    for (const auto& word : words.words) {
        std::string variable = expanded(word);
        const std::size_t equals = variable.find('=');
        if (equals == 0 || equals == std::string::npos) {
            complain(fmt::format("\"{}\" sets no variable", base::escape_bytes(variable)));
            continue;
        }
        const auto same = std::ranges::find_if(
            list(), [&](const std::string& present) { return present.starts_with(variable.substr(0, equals + 1)); });
        if (same != list().end()) {
            *same = std::move(variable);
        } else {
            list().push_back(std::move(variable));
        }
    }
    if (!words.complete) complain("a quote has no end, or a backslash stands in front of what it cannot escape");
}

void Assigning::take_file() {
    if (value_.empty()) return reset();
    const std::string whole = expanded(value_);
    const bool forgiven = whole.starts_with('-');
    // Expanded already: "%" is a character like any other now.
    const auto path = simplified_path(std::string_view(whole).substr(forgiven ? 1 : 0));
    if (!path || !path->starts_with('/')) return complain("it is no absolute path without \"..\"");
    list().push_back((forgiven ? "-" : "") + *path);
}

void Assigning::take_commands() {
    if (value_.empty()) return reset();
    auto taken = commands_of_line(value_, [this](std::string_view text) { return expanded(text); });
    for (auto& command : taken.commands) list().push_back(command_line(command));
    for (auto& why : taken.ignored) complain(std::move(why));
    if (!taken.refused.empty()) {
        complain(std::move(taken.refused));
        refuse();
    }
}

void Assigning::take_directories() {
    if (value_.empty()) return reset();
    const auto tuples = words_of(value_, {Quotes::taken_off, Escapes::kept});
    for (const auto& tuple : tuples.words) {
        WordReader reader(tuple, {Quotes::literal, Escapes::c_style_and_separators, ":", Repeated::are_empty_words});
        const auto source = reader.next();
        if (!source) {
            complain(fmt::format("\"{}\" names no directory", base::escape_bytes(tuple)));
            return;
        }
        constexpr int kSinceFlags = 257;
        if (host_.systemd_version == 0 || host_.systemd_version >= kSinceFlags) {
            const auto link = reader.next();
            const auto flags = reader.next().value_or("");
            if (link && !flags.empty() && flags != "ro") {
                complain(fmt::format("\"{}\" is no flag of a directory", base::escape_bytes(flags)));
                continue;
            }
        }
        const std::string whole = expanded(*source);
        const auto path = simplified_path(whole);
        if (!path || whole.starts_with('/') || *path == "private" || path->starts_with("private/")) {
            complain(
                fmt::format("\"{}\" is no relative path, or one that is systemd's own", base::escape_bytes(whole)));
            continue;
        }
        if (std::ranges::find(list(), *path) == list().end()) list().push_back(*path);
    }
    if (!tuples.complete) complain("a quote has no end");
}

void Assigning::take_bind_mounts() {
    if (value_.empty()) {
        // One list behind both directives.
        state_.bind_mounts.clear();
        return;
    }
    constexpr std::string_view kSeparators = ": \t\n\r";
    const WordSyntax part{Quotes::taken_off, Escapes::dropped, kSeparators, Repeated::are_empty_words};
    WordReader reader(value_, part);
    for (;;) {
        reader.set_syntax(part);
        const auto source = reader.next();
        if (!source) break;
        std::string whole = expanded(*source);
        const bool forgiven = whole.starts_with('-');
        if (forgiven) whole.erase(0, 1);
        // systemd takes a second blank for an empty source, and says so.
        if (whole.empty() && reader.separator() != ':') continue;
        const auto from = simplified_path(whole);
        auto to = from;
        std::string options = "rbind";
        if (reader.separator() == ':') {
            const auto destination = reader.next();
            if (!destination) break;
            to = absolute_path(*destination);
            if (reader.separator() == ':') {
                reader.set_syntax({});
                const auto given = reader.next();
                if (given && !given->empty()) options = *given;
            }
        }
        if (!from || !whole.starts_with('/') || !to || (options != "rbind" && options != "norbind")) {
            complain(fmt::format("\"{}\" is mounted nowhere", base::escape_bytes(whole)));
            continue;
        }
        state_.bind_mounts.push_back(
            {spec_.name == "BindReadOnlyPaths", fmt::format("{}{}:{}:{}", forgiven ? "-" : "", *from, *to, options)});
    }
    if (reader.failed()) complain("a quote or a backslash has no end");
}

void Assigning::take_temporary_file_systems() {
    if (value_.empty()) return reset();
    const auto words = words_of(value_);
    for (const auto& word : words.words) {
        WordReader reader(word, {Quotes::literal, Escapes::dropped, ":", Repeated::are_empty_words});
        const auto place = reader.next();
        const auto path = place ? absolute_path(*place) : std::nullopt;
        if (!path) continue;
        const std::string options(reader.rest());
        list().push_back(options.empty() ? *path : *path + ":" + options);
    }
    if (!words.complete) complain("a quote or a backslash has no end");
}

void Assigning::take_architectures() {
    if (value_.empty()) return reset();
    const auto words = words_of(value_);
    for (const auto& word : words.words) {
        if (!is_filter_architecture(word)) {
            complain(fmt::format("\"{}\" is no architecture", base::escape_bytes(word)));
        } else if (std::ranges::find(list(), word) == list().end()) {
            list().push_back(word);
        }
    }
    std::ranges::sort(list());
}

void Assigning::take_device() {
    if (value_.empty()) return reset();
    WordReader reader(value_, {});
    const auto word = reader.next();
    if (!word) return complain("it names no device");
    std::string device = expanded(*word);
    if (!device.starts_with("block-") && !device.starts_with("char-")) {
        const auto path = simplified_path(device);
        if (!path || !(path->starts_with("/dev/") || path->starts_with("/run/systemd/inaccessible/"))) {
            return complain(fmt::format("\"{}\" is no device", base::escape_bytes(device)));
        }
        device = *path;
    }
    const std::string_view rights = reader.rest();
    if (rights.find_first_not_of("rwm") != std::string_view::npos) return complain_of_value();
    std::string granted;
    for (const char right : {'r', 'w', 'm'}) {
        if (rights.empty() || rights.find(right) != std::string_view::npos) granted += right;
    }
    // The last that is set comes first, as systemd reports it.
    list().insert(list().begin(), device + " " + granted);
}

void Assigning::take_port() {
    if (value_.empty()) return reset();
    const auto range = parsed_port_range(value_);
    if (!range) return complain_of_value();
    list().insert(list().begin(), *range);
}

void Assigning::take_controllers() {
    static const std::vector<std::string> kKnown = base::split(
        "cpu cpuacct cpuset io blkio memory devices pids bpf-firewall bpf-devices bpf-foreign bpf-socket-bind "
        "bpf-restrict-network-interfaces",
        ' ');
    SettingWords& delegated = state_.settings.values["DelegateControllers"];
    const auto on = parse_boolean(value_);
    assign(on && !*on ? "no" : "yes");
    if (value_.empty() || (on && !*on)) {
        delegated.clear();
    } else if (on) {
        delegated = base::split("cpu cpuset io memory pids", ' ');
    } else {
        SettingWords named = delegated;
        for (const auto& word : words_of(value_).words) {
            if (std::ranges::find(kKnown, word) == kKnown.end()) {
                complain(fmt::format("\"{}\" is no controller", base::escape_bytes(word)));
            }
            named.push_back(word);
        }
        delegated.clear();
        for (const auto& controller : kKnown) {
            if (std::ranges::find(named, controller) != named.end()) delegated.push_back(controller);
        }
    }
}

/// The sets that only become words when all is read.
void Assigning::take_kept_apart() {
    using Kind = SettingKind;
    Complaints more;
    if (spec_.kind == Kind::capabilities) {
        assign_capabilities(state_.capabilities[name_], name_ == "AmbientCapabilities" ? 0 : kAllCapabilities,
                            value_);
    } else if (spec_.kind == Kind::namespaces) {
        more = assign_namespaces(state_.namespaces, value_);
    } else if (spec_.kind == Kind::addresses) {
        more = assign_addresses(state_.addresses[name_], value_);
    } else if (spec_.kind == Kind::syscalls) {
        more = assign_syscalls(state_.filters[name_], value_, host_);
    } else if (spec_.kind == Kind::address_families) {
        more = assign_address_families(state_.filters[name_], value_);
    } else if (spec_.kind == Kind::file_systems) {
        more = assign_file_systems(state_.filters[name_], value_, host_);
    } else {
        more = assign_names(state_.filters[name_], value_);
    }
    for (auto& why : more) complain(std::move(why));
}

}  // namespace sandfit::systemd
