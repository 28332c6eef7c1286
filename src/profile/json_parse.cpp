#include "profile/json_parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace sandfit::profile {
namespace {

using nlohmann::json;

/// nlohmann's message without its own header and position.
std::string bare_message(std::string_view what) {
    for (const std::string_view mark : {"] parse error at ", "] "}) {
        const auto at = what.find(mark);
        if (at == std::string_view::npos) continue;
        what.remove_prefix(at + mark.size());
        const auto colon = what.find(": ");
        if (mark.size() > 2 && colon != std::string_view::npos) what.remove_prefix(colon + 2);
        break;
    }
    // It ends with the last token, which may be as long as the file.
    constexpr std::size_t kEnough = 160;
    return base::escape_bytes(what.substr(0, kEnough)) + (what.size() > kEnough ? "..." : "");
}

std::string line_and_column(std::string_view text, std::size_t byte) {
    // `byte` counts from 1 and may be one past the end.
    const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto last_newline = before.rfind('\n');
    const auto column = 1 + before.size() - (last_newline == std::string_view::npos ? 0 : last_newline + 1);
    return fmt::format("line {}, column {}", line, column);
}

/// Builds the document, and stops when it must not be built. Every event handler returns whether to go on.
///
/// Not the callback of json::parse(): that looks at all earlier elements of a list whenever one of them ends.
class Builder : public json::json_sax_t {
public:
    Builder(std::string_view text, std::size_t max_values) : text_(text), max_values_(max_values) {}

    json& document() { return document_; }
    /// REQUIRES: the parser was stopped.
    [[nodiscard]] Error error() const { return Error{ErrorKind::bad_input, error_, 0, ""}; }

    bool null() override { return add(nullptr) != nullptr; }
    bool boolean(bool value) override { return add(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override { return add(value) != nullptr; }
    bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return refuse("binary data"); }  // not in text
    bool start_object(std::size_t) override { return begin(json::object()); }
    bool start_array(std::size_t) override { return begin(json::array()); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }

    bool key(string_t& name) override {
        Open& object = open_.back();
        object.name.reset();  // a repeated name is the object's fault, not that of the member before it
        if (object.value->contains(name)) return refuse(fmt::format("the field {} stands here twice", shown(name)));
        object.name = std::move(name);
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
        const std::string why = bare_message(error.what());
        if (dynamic_cast<const json::out_of_range*>(&error) != nullptr) {
            add(nullptr);  // a number that is no number: place() now tells where it would stand
            return refuse(why);
        }
        error_ = fmt::format("{}: {}", line_and_column(text_, byte), why);
        return false;
    }

private:
    /// An object or list that has not ended.
    struct Open {
        json* value = nullptr;            // stays where it is: what holds it does not grow before it ends
        std::optional<std::string> name;  // of the member of an object that is being read
    };

    json* add(json value) {
        json* place = &document_;
        if (open_.empty()) {
            document_ = std::move(value);
        } else if (open_.back().value->is_array()) {
            place = &open_.back().value->emplace_back(std::move(value));
        } else {
            place = &(*open_.back().value)[*open_.back().name];
            *place = std::move(value);
        }
        if (++values_ <= max_values_) return place;
        refuse(fmt::format("more than {} values", max_values_));
        return nullptr;
    }

    bool begin(json container) {
        json* added = add(std::move(container));
        if (added == nullptr) return false;
        if (open_.size() == kMaxDepth) return refuse(fmt::format("nested deeper than {} levels", kMaxDepth));
        open_.push_back({added, std::nullopt});
        return true;
    }

    bool end() {
        open_.pop_back();
        return true;
    }

    /// Where the parser is, "facts.files[3]".
    [[nodiscard]] std::string place() const {
        std::string place;
        for (const auto& open : open_) {
            if (open.value->is_array() && !open.value->empty()) {
                place += fmt::format("[{}]", open.value->size() - 1);
            } else if (open.name) {
                place = place_of_member(place, *open.name);
            }
        }
        return place;
    }

    bool refuse(const std::string& why) {
        const std::string where = place();
        error_ = where.empty() ? why : where + ": " + why;
        return false;
    }

    std::string_view text_;
    std::size_t max_values_;
    std::size_t values_ = 0;
    json document_;
    std::vector<Open> open_;
    std::string error_;
};

}  // namespace

std::string shown(std::string_view text) {
    constexpr std::size_t kEnough = 100;
    return fmt::format("\"{}\"{}", base::escape_bytes(text.substr(0, kEnough)), text.size() > kEnough ? "..." : "");
}

std::string place_of_member(std::string_view place, std::string_view name) {
    const bool plain = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain) return fmt::format("{}[{}]", place, shown(name));
    return place.empty() ? std::string(name) : fmt::format("{}.{}", place, name);
}

Result<json> parse_json(std::string_view text, std::size_t max_values) {
    try {
        Builder builder(text, max_values);
        if (!json::sax_parse(text, &builder)) return builder.error();
        return std::move(builder.document());
    } catch (const std::bad_alloc&) {
        return Error{ErrorKind::failed, "not enough memory to read it", 0, ""};
    }
}

}  // namespace sandfit::profile
