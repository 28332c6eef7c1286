// UMask=
//
// Directive: the file mode creation mask that the unit starts with: files, directories, FIFOs and sockets come into
// being without these bits of the mode that was asked for. A program that sets a mask of its own is not concerned.
//
// Concludes from: the modes of what was made: of files as they became, of directories and nodes as they were asked
// for, less the present mask. `0077` when nothing would have come out otherwise, else `0027`. Of a socket no mode is
// known: nothing is concluded when one was bound to a path, but below a directory that others cannot enter.
//
// Needs coverage of: files, sockets and syscalls, from start-up on.
//
// Can be wrong when: the same file is made another time with a wider mode; a shell computes a mode from the mask
// (chmod +r).
//
// Since: systemd 247 or earlier
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "UMask";
constexpr std::uint32_t kDefault = 0022;

std::optional<std::uint32_t> parse_octal(std::string_view text) {
    std::uint32_t mask = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mask, 8);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || mask > 0777) return std::nullopt;
    return mask;
}

std::uint32_t present_mask(const UnitSettings& settings) {
    return parse_octal(settings.scalar("UMask")).value_or(kDefault);
}

/// True when only root and the owner of a directory on the way reach what lies in it.
bool is_shut_off(const Profile& profile, std::string path) {
    if (!path.starts_with('/')) return false;
    while (path != "/") {
        path = base::parent_of(path);
        const auto it = profile.directories.find(path);
        if (it != profile.directories.end() && it->second.exists && (it->second.mode & 0011u) == 0) return true;
    }
    return false;
}

enum class Effect { none, changed, unknown };

Effect effect_on_file(const Profile& profile, const FileFact& file, std::uint32_t mask) {
    if (file.error != 0) return Effect::none;
    std::uint32_t kept = file.modes;
    switch (file.op) {
        case FileOp::create:
        case FileOp::create_tmpfile:
            break;
        case FileOp::make_directory:
        case FileOp::make_node:
            kept &= ~present_mask(profile.settings);
            break;
        case FileOp::make_socket: {
            const bool shut = !file.many && std::all_of(file.names.begin(), file.names.end(), [&](const auto& name) {
                return is_shut_off(profile, base::join(file.directory, name));
            });
            return shut ? Effect::none : Effect::unknown;
        }
        default:
            return Effect::none;
    }
    if ((kept & mask) != 0) return Effect::changed;
    return file.modes == 0 ? Effect::unknown : Effect::none;
}

Effect effect_on(const Profile& profile, const Fact& fact, std::uint32_t mask) {
    if (const auto* file = std::get_if<FileFact>(&fact)) return effect_on_file(profile, *file, mask);
    if (const auto* address = std::get_if<AddressFact>(&fact)) {
        const bool on_path = address->op == AddressOp::bind && address->family == "AF_UNIX" && !address->abstract &&
                             address->error == 0;
        return on_path && !is_shut_off(profile, address->address) ? Effect::unknown : Effect::none;
    }
    const auto* call = std::get_if<SyscallFact>(&fact);
    return call != nullptr && call->name == "mq_open" ? Effect::unknown : Effect::none;
}

std::string octal(std::uint32_t mask) {
    std::string text = "0";
    for (int shift = 6; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mask >> shift) & 7u));
    return text;
}

/// The first fact that stands against a mask.
std::optional<std::size_t> first_against(const Profile& profile, std::uint32_t mask) {
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        if (effect_on(profile, profile.facts[i].fact, mask) != Effect::none) return i;
    }
    return std::nullopt;
}

std::string why_against(const Profile& profile, std::size_t fact, std::uint32_t mask) {
    const Fact& against = profile.facts[fact].fact;
    if (effect_on(profile, against, mask) == Effect::unknown) {
        return describe(against) + " was seen, and not every mode in it is known";
    }
    const auto* file = std::get_if<FileFact>(&against);
    return describe(against) + " with mode " + octal(file == nullptr ? 0 : file->modes & 0777u) +
           " would come out otherwise";
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const std::uint32_t present = present_mask(profile.settings);
    constexpr std::array<std::uint32_t, 2> kMasks = {0077, 0027};
    if ((present & kMasks.front()) == kMasks.front()) return keep(kDirective, "the unit's files are its user's only");
    const bool tight = (present & kMasks.back()) == kMasks.back();
    if (const auto why = obstacle(situation, {Subject::files, Subject::sockets, Subject::syscalls})) {
        return tight ? keep(kDirective, "not more, for " + *why) : abstain(kDirective, *why);
    }
    for (const std::uint32_t mask : kMasks) {
        // What stands must stay within, and a mask that adds nothing is none.
        if ((present & mask) != present || present == mask || first_against(profile, mask)) continue;
        Suggestion suggestion =
            suggest(kDirective, ValueForm::word, {octal(mask)},
                    "nothing was made that others than the unit's user" +
                        std::string(mask == 0077 ? "" : " and group") + " could have used, so nothing changes");
        suggestion.caveats = doubts(situation, {Subject::files, Subject::sockets, Subject::syscalls});
        return suggestion;
    }
    const std::uint32_t weakest = tight ? kMasks.front() : kMasks.back();
    const auto against = first_against(profile, weakest);
    const std::string why = against ? why_against(profile, *against, weakest) : "it would not be within what stands";
    if (tight) return keep(kDirective, "not more, for " + why);
    Suggestion open = abstain(kDirective, why);
    if (against) open.because = {*against};
    return open;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const std::uint32_t mask = parse_octal(suggestion.items.front()).value_or(0777);
    return [&situation, mask](const SeenFact& seen) {
        return effect_on(situation.profile, seen.fact, mask) == Effect::changed;
    };
}

}  // namespace

Rule umask() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
