// Reads what json_schema.h lists from a JSON document, and takes nothing on trust.
//
// The first thing that is wrong becomes the error; after it every call does nothing, so that the tables in
// json_schema.h need no checks.
#ifndef SANDFIT_PROFILE_JSON_READER_H
#define SANDFIT_PROFILE_JSON_READER_H

#include <fmt/core.h>

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "profile/fact_set.h"
#include "profile/json_parse.h"
#include "profile/json_schema.h"
#include "profile/json_writer.h"
#include "profile/names.h"

namespace sandfit::profile {

class Reader {
public:
    /// The profile that `document` holds. `known` are fields at the top that are not the profile's own.
    static Result<Profile> profile(const nlohmann::json& document, std::vector<std::string_view> known) {
        Reader reader;
        Profile profile;
        reader.object(
            document, [&] { fields(reader, profile); }, std::move(known));
        if (reader.error_) return *reader.error_;
        return profile;
    }

    /// One field.
    template <typename T>
    void operator()(std::string_view name, T& out, const Spec& spec = {}) {
        member(name, spec.need, [&](const nlohmann::json& value) { read(value, out, spec); });
    }

    /// All facts, in one list a kind; sorted when read.
    void facts(std::string_view name, std::vector<SeenFact>& out);

private:
    using Json = nlohmann::json;
    /// Where in its list each fact stands.
    using FactPlaces = std::map<Fact, std::size_t, IdentityLess>;

    /// One step of the way to what is being read: a member, or an element of a list. Names live in the document or
    /// in a table. The way becomes text only when something is wrong.
    struct Step {
        std::optional<std::string_view> name;
        std::size_t index = 0;
    };

    /// One step further for as long as it lives.
    class Inside {
    public:
        Inside(Reader& reader, Step step) : reader_(reader) { reader.way_.push_back(step); }
        ~Inside() { reader_.way_.pop_back(); }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

    private:
        Reader& reader_;
    };

    void fail(const std::string& why);

    /// Reads one member of the present object.
    template <typename Body>
    void member(std::string_view name, Need need, Body body) {
        if (error_) return;
        asked_.push_back(name);
        const auto at = here_->find(name);
        if (at == here_->end()) {
            if (need == Need::required) fail(fmt::format("the field {} is missing", name));
            return;
        }
        const Inside inside(*this, {name});
        body(*at);
    }

    /// Makes `value` the present object while `body` reads its members; then none may be left over.
    template <typename Body>
    void object(const Json& value, Body body, std::vector<std::string_view> known = {}) {
        if (error_) return;
        if (!value.is_object()) return fail("expected an object");
        const Json* outer = std::exchange(here_, &value);
        auto outer_asked = std::exchange(asked_, std::move(known));
        body();
        if (!error_) refuse_unknown();
        here_ = outer;
        asked_ = std::move(outer_asked);
    }

    template <typename Body>
    void array(const Json& value, std::size_t limit, Body body) {
        if (error_) return;
        if (!value.is_array() || value.size() > limit) {
            return fail(fmt::format("expected a list of at most {} elements", limit));
        }
        for (std::size_t i = 0; i < value.size() && !error_; ++i) {
            const Inside inside(*this, {std::nullopt, i});
            body(value[i]);
        }
    }

    template <typename T>
    void read(const Json& value, T& out, const Spec& spec) {
        if (error_) return;
        if constexpr (std::is_same_v<T, bool>) {
            if (!value.is_boolean()) return fail("expected true or false");
            out = value.get<bool>();
        } else if constexpr (std::is_enum_v<T>) {
            read_name(value, out);
        } else if constexpr (std::is_integral_v<T>) {
            constexpr auto kLowest = static_cast<std::int64_t>(std::numeric_limits<T>::min());
            constexpr auto kHighest = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
            const std::int64_t lowest = std::max(kLowest, spec.minimum);
            const auto number = spec.octal ? octal(value, kHighest) : decimal(value, lowest, kHighest);
            if (number) out = static_cast<T>(*number);
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!value.is_string()) return fail("expected a string");
            read_text(value.get_ref<const std::string&>(), out, spec.text);
        } else if constexpr (kIsOptional<T>) {
            read(value, out.emplace(), spec);
        } else if constexpr (Map<T>) {
            read_map(value, out, spec);
        } else if constexpr (List<T>) {
            array(value, spec.limit, [&](const Json& one) {
                typename T::value_type element{};
                read(one, element, {.text = spec.text, .minimum = spec.minimum});
                if (error_) return;
                if constexpr (std::is_same_v<T, std::set<typename T::value_type>>) {
                    if (!out.insert(std::move(element)).second) fail("the same element twice");
                } else {
                    out.push_back(std::move(element));
                }
            });
        } else {
            object(value, [&] { fields(*this, out); });
        }
    }

    template <typename T>
    void read_map(const Json& value, T& out, const Spec& spec) {
        if (!value.is_object()) return fail("expected an object");
        if (value.size() > spec.limit) return fail(fmt::format("more than {} members", spec.limit));
        for (const auto& [name, mapped] : value.items()) {
            const Inside inside(*this, {name});
            typename T::key_type key{};
            if constexpr (std::is_enum_v<typename T::key_type>) {
                read_name(name, key);
            } else {
                read_text(name, key, spec.text);
            }
            if (error_) return;
            // Two spellings of one name ("a" and "\x61") are one name.
            const auto [at, added] = out.try_emplace(std::move(key));
            if (!added) return fail("the same member twice");
            read(mapped, at->second, {.minimum = spec.minimum});
        }
    }

    template <typename Enum>
    void read_name(const Json& value, Enum& out) {
        std::string names;
        for (std::size_t i = 0; i < kNames<Enum>.size(); ++i) {
            if (value.is_string() && value.get_ref<const std::string&>() == kNames<Enum>[i]) {
                out = static_cast<Enum>(i);
                return;
            }
            names += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", kNames<Enum>[i]);
        }
        fail(fmt::format("expected one of {}", names));
    }

    template <std::size_t Kind>
    void kind(std::vector<SeenFact>& out, FactPlaces& places) {
        member(kFactKindNames[Kind], Need::optional, [&](const Json& list) {
            array(list, Spec::kManyElements, [&](const Json& one) {
                SeenFact seen{Fact(std::in_place_index<Kind>), {}};
                object(one, [&] {
                    fields(*this, *std::get_if<Kind>(&seen.fact));
                    (*this)("evidence", seen.evidence);
                });
                if (error_) return;
                const auto [first, added] = places.try_emplace(seen.fact, way_.back().index);
                if (!added) return fail(fmt::format("the same fact as {}[{}]", kFactKindNames[Kind], first->second));
                out.push_back(std::move(seen));
            });
        });
    }

    void read_text(std::string_view text, std::string& out, Text what);
    /// A number as 64 bits, of which the upper half are the negative ones where `lowest` is below 0.
    std::optional<std::uint64_t> decimal(const Json& value, std::int64_t lowest, std::uint64_t highest);
    std::optional<std::uint64_t> octal(const Json& value, std::uint64_t highest);
    void refuse_unknown();

    std::vector<Step> way_;                // to what is being read
    const Json* here_ = nullptr;           // the present object
    std::vector<std::string_view> asked_;  // for which of its members the table asked
    std::optional<Error> error_;           // the first
};

}  // namespace sandfit::profile

#endif
