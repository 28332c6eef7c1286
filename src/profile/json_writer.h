// Writes what json_schema.h lists as JSON text.
//
// By hand and without a document in between: a checkpoint is written every few seconds while a service is observed,
// and this is several times cheaper. It is safe because base::escape_bytes() leaves only two characters
// that JSON wants escaped.
#ifndef SANDFIT_PROFILE_JSON_WRITER_H
#define SANDFIT_PROFILE_JSON_WRITER_H

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "profile/fact_set.h"
#include "profile/json_schema.h"
#include "profile/names.h"

namespace sandfit::profile {

template <typename T>
concept Map = requires {
    typename T::mapped_type;
};
template <typename T>
concept List = !Map<T> && !std::same_as<T, std::string> && requires(T t) {
    typename T::value_type;
    t.begin();
};
template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

class Writer {
public:
    /// The whole file.
    static std::string file(const Profile& profile) {
        Writer writer;
        writer.open('{', Layout::lines);
        writer("sandfit_profile", kProfileSchema);
        fields(writer, profile);
        writer.close('}');
        writer.out_ += '\n';
        return std::move(writer.out_);
    }

    /// One field.
    template <typename T>
    void operator()(std::string_view name, const T& value, const Spec& spec = {}) {
        if constexpr (std::equality_comparable<T> && std::is_default_constructible_v<T>) {
            if (spec.need == Need::optional && value == T{}) return;
        }
        key(name);
        write(value, spec);
    }

    /// All facts, in one list a kind.
    void facts(std::string_view name, const std::vector<SeenFact>& facts) {
        key(name);
        open('{', Layout::lines);
        kinds(facts, std::make_index_sequence<kFactKinds>());
        close('}');
    }

private:
    template <std::size_t... Kind>
    void kinds(const std::vector<SeenFact>& facts, std::index_sequence<Kind...>) {
        (kind<Kind>(facts), ...);
    }

    template <std::size_t Kind>
    void kind(const std::vector<SeenFact>& facts) {
        const auto is_of_kind = [](const SeenFact& seen) { return seen.fact.index() == Kind; };
        if (std::none_of(facts.begin(), facts.end(), is_of_kind)) return;
        key(kFactKindNames[Kind]);
        open('[', Layout::lines);
        for (const auto& seen : facts) {
            const auto* fact = std::get_if<Kind>(&seen.fact);
            if (fact == nullptr) continue;
            element();
            open('{', Layout::one_line);
            fields(*this, *fact);
            (*this)("evidence", seen.evidence);
            close('}');
        }
        close(']');
    }

    template <typename T>
    void write(const T& value, const Spec& spec) {
        if constexpr (std::is_same_v<T, bool>) {
            out_ += value ? "true" : "false";
        } else if constexpr (std::is_enum_v<T>) {
            quote(name_of(value));
        } else if constexpr (std::is_integral_v<T>) {
            if (spec.octal) {
                fmt::format_to(std::back_inserter(out_), "\"{:04o}\"", value);
            } else {
                fmt::format_to(std::back_inserter(out_), "{}", value);
            }
        } else if constexpr (std::is_same_v<T, std::string>) {
            quote(base::escape_bytes(value));
        } else if constexpr (kIsOptional<T>) {
            write(*value, spec);
        } else if constexpr (Map<T>) {
            open('{', spec.layout);
            for (const auto& [name, mapped] : value) {
                if constexpr (std::is_enum_v<typename T::key_type>) {
                    key(name_of(name));
                } else {
                    key(base::escape_bytes(name));
                }
                write(mapped, {});
            }
            close('}');
        } else if constexpr (List<T>) {
            open('[', spec.layout);
            for (const auto& one : value) {
                element();
                write(one, {});
            }
            close(']');
        } else {
            open('{', spec.layout);
            fields(*this, value);
            close('}');
        }
    }

    /// `text` is printable and valid UTF-8.
    void quote(std::string_view text) {
        out_ += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') out_ += '\\';
            out_ += c;
        }
        out_ += '"';
    }

    void open(char bracket, Layout layout) {
        out_ += bracket;
        layouts_.push_back(layout);
        empty_ = true;
    }

    void close(char bracket) {
        const Layout layout = layouts_.back();
        layouts_.pop_back();
        if (layout == Layout::lines && !empty_) new_line();
        out_ += bracket;
        empty_ = false;
    }

    /// To be called in front of each element.
    void element() {
        if (!empty_) out_ += ',';
        if (layouts_.back() == Layout::lines) {
            new_line();
        } else if (!empty_) {
            out_ += ' ';
        }
        empty_ = false;
    }

    void key(std::string_view name) {
        element();
        quote(name);
        out_ += ": ";
    }

    void new_line() {
        out_ += '\n';
        out_.append(2 * layouts_.size(), ' ');
    }

    std::string out_;
    std::vector<Layout> layouts_;
    bool empty_ = true;
};

}  // namespace sandfit::profile

#endif
