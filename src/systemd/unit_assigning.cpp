#include "systemd/unit_assigning.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "systemd/unit_values.h"

namespace sandfit::systemd {

std::optional<std::string> Assigning::apply() {
    using Kind = SettingKind;
    using Taker = void (Assigning::*)();
    static const std::map<Kind, Taker> kTakers{
        {Kind::flag, &Assigning::take_flag},
        {Kind::flag_or_default, &Assigning::take_flag},
        {Kind::word, &Assigning::take_word},
        {Kind::numbered_word, &Assigning::take_word},
        {Kind::text, &Assigning::take_text},
        {Kind::label, &Assigning::take_label},
        {Kind::path, &Assigning::take_path},
        {Kind::paths, &Assigning::take_paths},
        {Kind::colon_paths, &Assigning::take_colon_paths},
        {Kind::names, &Assigning::take_names},
        {Kind::plain_names, &Assigning::take_names},
        {Kind::variables, &Assigning::take_variables},
        {Kind::file_list, &Assigning::take_file},
        {Kind::mode, &Assigning::take_number},
        {Kind::number, &Assigning::take_number},
        {Kind::signed_number, &Assigning::take_number},
        {Kind::error_number, &Assigning::take_number},
        {Kind::duration, &Assigning::take_duration},
        {Kind::duration_or_never, &Assigning::take_duration},
        {Kind::limit_count, &Assigning::take_limit},
        {Kind::limit_size, &Assigning::take_limit},
        {Kind::limit_seconds, &Assigning::take_limit},
        {Kind::limit_microseconds, &Assigning::take_limit},
        {Kind::limit_nice, &Assigning::take_limit},
        {Kind::memory, &Assigning::take_memory},
        {Kind::tasks, &Assigning::take_tasks},
        {Kind::weight, &Assigning::take_weight},
        {Kind::signal, &Assigning::take_signal},
        {Kind::commands, &Assigning::take_commands},
        {Kind::directories, &Assigning::take_directories},
        {Kind::working_directory, &Assigning::take_working_directory},
        {Kind::bind_mounts, &Assigning::take_bind_mounts},
        {Kind::temporary_file_systems, &Assigning::take_temporary_file_systems},
        {Kind::standard_stream, &Assigning::take_stream},
        {Kind::capabilities, &Assigning::take_kept_apart},
        {Kind::syscalls, &Assigning::take_kept_apart},
        {Kind::address_families, &Assigning::take_kept_apart},
        {Kind::file_systems, &Assigning::take_kept_apart},
        {Kind::interfaces, &Assigning::take_kept_apart},
        {Kind::namespaces, &Assigning::take_kept_apart},
        {Kind::addresses, &Assigning::take_kept_apart},
        {Kind::architectures, &Assigning::take_architectures},
        {Kind::devices, &Assigning::take_device},
        {Kind::ports, &Assigning::take_port},
        {Kind::controllers, &Assigning::take_controllers},
        {Kind::mount_propagation, &Assigning::take_mount_flags},
        {Kind::slice, &Assigning::take_slice},
        {Kind::unread, &Assigning::take_unread},
        {Kind::untold, &Assigning::take_untold},
    };
    (this->*kTakers.at(spec_.kind))();
    return std::exchange(refusal_, std::nullopt);
}

void Assigning::refuse() {
    refusal_ = complaints.empty() ? "the value has no meaning" : complaints.back();
    complaints.clear();
}

void Assigning::assign(std::string word) {
    list() = {std::move(word)};
    state_.assigned.insert(name_);
}

void Assigning::complain_of_value() {
    complain(fmt::format("the value has no meaning for {}=", spec_.name));
}

/// Back to what holds when no file sets it.
void Assigning::reset() {
    state_.assigned.erase(name_);
    state_.not_known.erase(name_);
    if (spec_.standing == "?") {
        state_.settings.values.erase(name_);
    } else {
        list() = spec_.standing.empty() ? SettingWords() : base::split(spec_.standing, ' ');
    }
}

std::string Assigning::expanded(std::string_view text) {
    Expanded result = expand_specifiers(text, unit_);
    if (!result.unknown.empty()) {
        state_.not_known[name_] = fmt::format("its {} depends on the host", result.unknown);
    }
    return std::move(result.text);
}

std::optional<std::string> Assigning::absolute_path(std::string_view text) {
    const std::string whole = expanded(text);
    auto path = simplified_path(whole);
    if (!whole.starts_with('/') || !path || !base::is_clean_utf8(*path)) {
        complain(fmt::format("\"{}\" is no absolute path without \"..\"", base::escape_bytes(whole)));
        return std::nullopt;
    }
    return path;
}

}  // namespace sandfit::systemd
