#include "profile/json.h"

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <utility>

#include "profile/json_parse.h"
#include "profile/json_reader.h"
#include "profile/json_writer.h"

namespace sandfit::profile {
namespace {

constexpr std::string_view kVersionField = "sandfit_profile";

/// Turns a document of one schema into one of the next. It may rely on nothing in the document (its strict reading
/// comes afterwards), and reports what it cannot turn.
using Migration = Result<void> (*)(nlohmann::json& document);

/// Element i leads from schema i + 1 to i + 2. Old schemas are read for ever: nothing here is ever removed.
constexpr std::array<Migration, 0> kMigrations{};
static_assert(kMigrations.size() == kProfileSchema - 1, "each schema needs a way to the next");

Error bad(std::string what, std::string hint = "") {
    return Error{ErrorKind::bad_input, std::move(what), 0, std::move(hint)};
}

Result<int> schema_of(const nlohmann::json& document) {
    if (!document.is_object()) return bad("expected an object");
    const auto version = document.find(kVersionField);
    if (version == document.end()) {
        return bad(fmt::format("the field {} is missing: this is no sandfit profile", kVersionField));
    }
    if (!version->is_number_unsigned() || version->get<std::uint64_t>() == 0) {
        return bad(fmt::format("{}: expected a whole number from 1 to {}", kVersionField, kProfileSchema));
    }
    if (version->get<std::uint64_t>() > kProfileSchema) {
        return bad(fmt::format("{}: schema {} is newer than this sandfit reads (up to {})", kVersionField,
                               version->get<std::uint64_t>(), kProfileSchema),
                   "use the version of sandfit that wrote it, or a newer one");
    }
    return version->get<int>();
}

Result<Profile> read(std::string_view text) {
    auto document = parse_json(text);
    if (!document) return document.error();
    const auto schema = schema_of(*document);
    if (!schema) return schema.error();
    for (auto i = static_cast<std::size_t>(*schema) - 1; i < kMigrations.size(); ++i) {
        if (const auto migrated = kMigrations[i](*document); !migrated) return migrated.error();
    }
    return Reader::profile(*document, {kVersionField});
}

}  // namespace

std::string to_json(const Profile& profile) {
    return Writer::file(profile);
}

Result<Profile> from_json(std::string_view text, const std::string& name_for_messages) {
    auto profile = read(text);
    if (!profile) return in_context(name_for_messages, profile.error());
    return profile;
}

}  // namespace sandfit::profile
