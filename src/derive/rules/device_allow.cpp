// DeviceAllow=
//
// Directive: names a device that the unit may use besides those of DevicePolicy=closed. One entry is enough to close
// all others, whatever DevicePolicy= says.
//
// Concludes from: device nodes that were opened or made. An entry for each, when they are few and all lie in /dev; a
// node that is not there when the unit starts is passed over, and refused later.
//
// Needs coverage of: files, from start-up on; syscalls, since mount(2) opens devices, too.
//
// Can be wrong when: the device is plugged in after the unit has started; it has another name on another host.
//
// Since: systemd 208
#include <algorithm>
#include <set>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/device_use.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "DeviceAllow";

/// "char-rtc", "block-*": kinds of devices, of which no path tells whether it is one.
bool is_a_kind(const std::string& item) {
    return item.starts_with("char-") || item.starts_with("block-") || item.find_first_of("*?[") != std::string::npos;
}

/// More of them than this are whatever is plugged in, and tomorrow others.
constexpr std::size_t kMostDevices = 8;

bool is_plain_node(const std::string& path) {
    return base::is_at_or_below(path, "/dev") && path.find_first_of("*?[ ") == std::string::npos;
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (!list_of(profile.settings, "DeviceAllow").empty()) return keep(kDirective, "the unit has a list of its own");
    if (const auto why = obstacle(situation, {Subject::files})) return abstain(kDirective, *why);
    if (const auto why = unknown_mounts(situation)) return abstain(kDirective, *why);
    const Suggestion* private_devices = situation.proposed("PrivateDevices");
    if (is_on(profile.settings, "PrivateDevices") ||
        (private_devices != nullptr && private_devices->verdict == Verdict::suggest)) {
        return abstain(kDirective, "with PrivateDevices= there are no special devices");
    }
    std::set<std::string> devices;
    std::vector<std::size_t> because;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const auto used = special_devices(profile.facts[i].fact);
        if (used.empty()) continue;
        because.push_back(i);
        devices.insert(used.begin(), used.end());
        if (std::all_of(used.begin(), used.end(), is_plain_node)) continue;
        Suggestion unknown =
            abstain(kDirective, "not every device is known by a name in /dev: " + describe(profile.facts[i].fact));
        unknown.because = {i};
        return unknown;
    }
    if (devices.empty()) return abstain(kDirective, "no device was used but those that everybody has");
    const std::vector<std::string> told(devices.begin(), devices.end());
    if (devices.size() > kMostDevices) {
        Suggestion many = abstain(kDirective, "too many devices were used to name each: " + some_of(told));
        many.because = std::move(because);
        return many;
    }
    Suggestion suggestion = suggest(kDirective, ValueForm::paths, told, "the unit uses " + some_of(told));
    suggestion.one_each = true;
    suggestion.because = std::move(because);
    suggestion.caveats = doubts(situation, {Subject::files, Subject::syscalls});
    suggestion.caveats.emplace_back("a device that is not there when the unit starts is refused later");
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    const bool kinds = std::any_of(suggestion.items.begin(), suggestion.items.end(), is_a_kind);
    return [&situation, kinds](const SeenFact& seen) {
        return !kinds && !devices_not_allowed(situation, seen.fact).empty();
    };
}

}  // namespace

Rule device_allow() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
