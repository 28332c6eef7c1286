// The kinds of settings that are one value.
#include <fmt/core.h>
#include <sys/mount.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "systemd/unit_assigning.h"
#include "systemd/unit_values.h"

namespace sandfit::systemd {

using Kind = SettingKind;
using Quotes = WordSyntax::Quotes;
using Escapes = WordSyntax::Escapes;
using Repeated = WordSyntax::Repeated;

void Assigning::take_flag() {
    if (value_.empty() && spec_.kind == Kind::flag_or_default) return reset();
    const auto on = parse_boolean(value_);
    if (!on) return complain_of_value();
    assign(*on ? "yes" : "no");
}

/// Those of `words` may be "yes=connected": that "yes" is reported as "connected".
void Assigning::take_word() {
    const auto words = base::split(spec_.words, ' ');
    const bool takes_flags =
        std::ranges::any_of(words, [](const std::string& word) { return word.starts_with("yes"); });
    if (value_.empty() && (spec_.name == "KillMode" || spec_.name == "Personality")) return reset();
    std::string given(value_);
    if (const auto on = parse_boolean(value_); on && takes_flags) given = *on ? "yes" : "no";
    for (const auto& word : words) {
        const std::size_t equals = word.find('=');
        if (word.substr(0, equals) != given) continue;
        return assign(equals == std::string::npos ? word : word.substr(equals + 1));
    }
    complain_of_value();
}

void Assigning::take_text() {
    if (value_.empty()) return reset();
    state_.not_known.erase(name_);
    assign(expanded(value_));
}

void Assigning::take_label() {
    if (value_.empty()) return reset();
    state_.not_known.erase(name_);
    const bool forgiven = value_.starts_with('-');
    assign((forgiven ? "-" : "") + expanded(value_.substr(forgiven ? 1 : 0)));
}

void Assigning::take_path() {
    if (value_.empty()) return reset();
    state_.not_known.erase(name_);
    // A relative PIDFile= lies below /run.
    const bool below_run = spec_.name == "PIDFile" && !value_.starts_with('/') && !value_.starts_with('%');
    const auto path = absolute_path(below_run ? "/run/" + std::string(value_) : std::string(value_));
    if (path) {
        assign(*path);
    } else if (spec_.name == "RootDirectory" || spec_.name == "RootImage" || spec_.name == "RootVerity") {
        refuse();
    }
}

std::optional<std::string> Assigning::number_word() const {
    const auto text_of = [](const auto& number) {
        return number ? std::optional(std::to_string(*number)) : std::nullopt;
    };
    switch (spec_.kind) {
        case Kind::mode: {
            const auto mode = parse_mode(value_);
            return mode ? std::optional(fmt::format("{:04o}", *mode)) : std::nullopt;
        }
        case Kind::error_number:
            return error_word(value_);
        case Kind::signed_number:
            return text_of(parse_signed(value_));
        default:
            return text_of(parse_unsigned(value_));
    }
}

void Assigning::take_number() {
    if (const auto number = number_word()) {
        assign(*number);
    } else if (value_.empty() && (spec_.name == "Nice" || spec_.kind == Kind::error_number)) {
        reset();
    } else {
        complain_of_value();
    }
}

std::string number_text(std::uint64_t number) {
    return number == kInfinity ? "infinity" : std::to_string(number);
}

void Assigning::take_duration() {
    auto span = parse_time_span(value_);
    if (!span) return complain_of_value();
    if (spec_.kind == Kind::duration_or_never && *span == 0) span = kInfinity;
    assign(number_text(*span));
    if (spec_.name == "TimeoutSec") state_.set("TimeoutStopUSec", number_text(*span));
}

void Assigning::take_limit() {
    const auto one = [this](const std::string& text) -> std::optional<std::uint64_t> {
        if (text == "infinity") return kInfinity;
        switch (spec_.kind) {
            case Kind::limit_size:
                return parse_size(text);
            case Kind::limit_microseconds:
                return parse_time_span(text, kMicrosecond);
            case Kind::limit_seconds: {
                const auto span = parse_time_span(text);
                return span && *span != kInfinity ? std::optional((*span + kSecond - 1) / kSecond) : span;
            }
            case Kind::limit_nice: {
                constexpr std::uint64_t kLevels = 20;
                const bool positive = text.starts_with('+');
                if (!positive && !text.starts_with('-')) return parse_unsigned(text);
                const auto level = parse_unsigned(text.substr(1));
                if (!level || *level > kLevels) return std::nullopt;
                return positive ? kLevels - *level : kLevels + *level;
            }
            default:
                return parse_unsigned(text);
        }
    };
    const auto parts = words_of(value_, {Quotes::literal, Escapes::dropped, ":", Repeated::are_empty_words}).words;
    const auto soft = parts.empty() ? std::nullopt : one(parts.front());
    const auto hard = parts.size() == 2 ? one(parts.back()) : parts.size() == 1 ? soft : std::nullopt;
    if (!soft || !hard || *soft > *hard) return complain_of_value();
    assign(number_text(*hard));
    state_.set(name_ + "Soft", number_text(*soft));
}

void Assigning::take_memory() {
    if (value_.empty()) return reset();
    if (value_ == "infinity") return assign("infinity");
    if (parse_percent(value_)) return take_unread();
    const auto bytes = parse_size(value_);
    if (!bytes || *bytes == kInfinity) return complain_of_value();
    assign(std::to_string(*bytes));
}

void Assigning::take_tasks() {
    if (value_.empty()) return reset();
    if (value_ == "infinity") return assign("infinity");
    if (parse_percent(value_)) return take_unread();
    const auto count = parse_unsigned(value_);
    if (!count || *count == 0 || *count == kInfinity) return complain_of_value();
    assign(std::to_string(*count));
}

void Assigning::take_weight() {
    constexpr std::uint64_t kHighest = 10000;
    if (value_.empty()) return reset();
    if (value_ == "idle" && spec_.name.ends_with("CPUWeight")) return assign("0");
    const auto weight = parse_unsigned(value_);
    if (!weight || *weight == 0 || *weight > kHighest) return complain_of_value();
    assign(std::to_string(*weight));
}

void Assigning::take_signal() {
    const std::string given(value_.starts_with("SIG") ? value_.substr(3) : value_);
    for (int number = 1; number < NSIG; ++number) {
        const char* known = ::sigabbrev_np(number);
        if ((known != nullptr && given == known) || given == std::to_string(number))
            return assign(std::to_string(number));
    }
    const std::size_t plus = given.find('+');
    const auto offset = plus == std::string::npos ? std::nullopt : parse_unsigned(given.substr(plus + 1));
    if (given.substr(0, plus) == "RTMIN" && offset && SIGRTMIN + static_cast<int>(*offset) <= SIGRTMAX) {
        return assign(std::to_string(SIGRTMIN + static_cast<int>(*offset)));
    }
    complain_of_value();
}

void Assigning::take_working_directory() {
    if (value_.empty()) return reset();
    state_.not_known.erase(name_);
    const bool may_be_missing = value_.starts_with('-');
    const std::string_view given = value_.substr(may_be_missing ? 1 : 0);
    const auto path = given == "~" ? std::optional<std::string>("~") : absolute_path(given);
    if (path) {
        assign((may_be_missing ? "!" : "") + *path);
    } else if (!may_be_missing) {
        refuse();
    }
}

void Assigning::take_stream() {
    const bool is_input = spec_.name == "StandardInput";
    constexpr std::string_view kInputs = "null tty tty-force tty-fail socket data";
    constexpr std::string_view kOutputs = "inherit null tty kmsg kmsg+console journal journal+console socket";
    const std::string descriptor = name_ + "FileDescriptorName";
    std::string given(value_);
    if (!is_input && given.starts_with("syslog")) given.replace(0, 6, "journal");
    const std::size_t colon = given.find(':');
    if (const std::string form = given.substr(0, colon); colon != std::string::npos) {
        const bool known = form == "fd" || form == "file" || (!is_input && (form == "append" || form == "truncate"));
        if (!known || (form != "fd" && !absolute_path(given.substr(colon + 1)))) return complain_of_value();
        assign(form);
        if (form == "fd") {
            const std::string name = expanded(given.substr(colon + 1));
            constexpr std::string_view kStandardNames[] = {"stdin", "stdout", "stderr"};
            const auto own = kStandardNames[is_input ? 0 : spec_.name == "StandardOutput" ? 1 : 2];
            state_.set(descriptor, name.empty() ? std::string(own) : name);
        }
    } else {
        const auto known = base::split(is_input ? kInputs : kOutputs, ' ');
        if (given == "fd") {
            state_.set(descriptor, is_input ? "stdin" : spec_.name == "StandardOutput" ? "stdout" : "stderr");
        } else if (std::ranges::find(known, given) == known.end()) {
            return complain_of_value();
        }
        assign(given);
    }
    if (!state_.is(name_, "fd")) state_.settings.values[descriptor].clear();
}

void Assigning::take_mount_flags() {
    constexpr std::pair<std::string_view, std::uint64_t> kFlags[] = {
        {"", 0}, {"shared", MS_SHARED}, {"slave", MS_SLAVE}, {"private", MS_PRIVATE}};
    for (const auto& [word, flag] : kFlags) {
        if (word == value_) {
            list() = mount_flag_words(flag);
            return;
        }
    }
    complain_of_value();
}

void Assigning::take_slice() {
    const std::string slice = expanded(value_);
    if (!slice.ends_with(".slice")) return complain_of_value();
    assign(slice);
}

/// What stands in the file has a meaning that is not worked out here.
void Assigning::take_unread() {
    if (value_.empty()) return reset();
    state_.settings.values.erase(name_);
    state_.assigned.insert(name_);
    state_.not_known[name_] = "what its files set is not worked out here";
    if (spec_.name.ends_with("CredentialEncrypted")) state_.has_encrypted_credentials = true;
}

void Assigning::take_untold() {
    if (spec_.name.starts_with("StandardInput")) state_.has_standard_input_data = !value_.empty();
    if (spec_.name == "SetCredentialEncrypted") state_.has_encrypted_credentials = !value_.empty();
}

}  // namespace sandfit::systemd
