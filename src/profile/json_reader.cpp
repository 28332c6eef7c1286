#include "profile/json_reader.h"

#include <algorithm>

#include "base/text.h"

namespace sandfit::profile {
namespace {

bool is_word(std::string_view text) {
    constexpr std::string_view kOthers = "_#.:/@+-";
    return !text.empty() && std::all_of(text.begin(), text.end(), [kOthers](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOthers.find(c) != std::string_view::npos;
    });
}

}  // namespace

void Reader::fail(const std::string& why) {
    if (error_) return;
    std::string place;
    for (const Step& step : way_) {
        place = step.name ? place_of_member(place, *step.name) : fmt::format("{}[{}]", place, step.index);
    }
    error_ = Error{ErrorKind::bad_input, place.empty() ? why : place + ": " + why, 0, ""};
}

void Reader::facts(std::string_view name, std::vector<SeenFact>& out) {
    member(name, Need::required, [&](const Json& value) {
        object(value, [&] {
            FactPlaces places;
            [&]<std::size_t... Kind>(std::index_sequence<Kind...>) {
                (kind<Kind>(out, places), ...);
            }
            (std::make_index_sequence<kFactKinds>());
        });
    });
    std::sort(out.begin(), out.end(),
              [](const SeenFact& a, const SeenFact& b) { return IdentityLess{}(a.fact, b.fact); });
}

void Reader::read_text(std::string_view text, std::string& out, Text what) {
    auto bytes = base::unescape_bytes(text);
    if (!bytes) return fail("a backslash must be followed by a backslash, or by x and two hexadecimal digits");
    const bool has_nul = bytes->find('\0') != std::string::npos;
    switch (what) {
        case Text::bytes:
            break;
        case Text::word:
            if (!is_word(*bytes)) return fail("expected a name of letters, digits and _#.:/@+-");
            break;
        case Text::path:
            if (has_nul || !is_normal_absolute(*bytes)) {
                return fail("expected an absolute path without \".\", \"..\", needless slashes and NUL");
            }
            break;
        case Text::suffix:
            if (has_nul) return fail("expected a path without NUL");
            break;
        case Text::name:
            if (has_nul || bytes->find('/') != std::string::npos) {
                return fail("expected a file name, without slash and NUL");
            }
            break;
    }
    out = std::move(*bytes);
}

std::optional<std::uint64_t> Reader::decimal(const Json& value, std::int64_t lowest, std::uint64_t highest) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        const bool high_enough = lowest <= 0 || number >= static_cast<std::uint64_t>(lowest);
        if (high_enough && number <= highest) return number;
    } else if (value.is_number_integer() && value.get<std::int64_t>() >= lowest) {
        // Not unsigned, so below 0 and below `highest`; or a 0 or more that was set by hand, as large as lowest
        // allows.
        const auto number = value.get<std::int64_t>();
        if (number < 0 || static_cast<std::uint64_t>(number) <= highest) return static_cast<std::uint64_t>(number);
    }
    fail(fmt::format("expected a whole number from {} to {}", lowest, highest));
    return std::nullopt;
}

std::optional<std::uint64_t> Reader::octal(const Json& value, std::uint64_t highest) {
    if (value.is_string()) {
        const auto& digits = value.get_ref<const std::string&>();
        const bool are_octal = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '7'; });
        if (are_octal && digits.size() >= 4 && digits.size() <= 12) {
            std::uint64_t number = 0;
            for (const char digit : digits) number = number * 8 + static_cast<std::uint64_t>(digit - '0');
            if (number <= highest) return number;
        }
    }
    fail("expected a string of four or more octal digits, such as \"0755\"");
    return std::nullopt;
}

void Reader::refuse_unknown() {
    for (const auto& [name, value] : here_->items()) {
        if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
            return fail(fmt::format("unknown field {}", shown(name)));
        }
    }
}

}  // namespace sandfit::profile
