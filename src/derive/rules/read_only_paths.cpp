// ReadOnlyPaths=
//
// Directive: mounts what it names read-only. ReadWritePaths= below it stay open; of the same path in both lists it is
// the read-only one that counts.
//
// Concludes from: ProtectSystem=strict beside a directive that gives the unit API file systems of its own
// (ProtectKernelTunables=, ProtectControlGroups=, ProtectProc=, ProcSubset=, PrivatePIDs=, MountAPIVFS=). systemd
// then sets /run up with them and takes it out of what `strict` closes: a service that is root could write unit files
// there. `/run` when nothing was written in it but what ReadWritePaths= and RuntimeDirectory= open.
//
// Needs coverage of: files, from start-up on; the same that ProtectSystem= needs.
//
// Can be wrong when: the unit gets a ReadWritePaths=/run later: it is then without effect.
//
// Since: systemd 231
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/mounts.h"
#include "derive/path_use.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "ReadOnlyPaths";
constexpr const char* kRun = "/run";

/// The directive by which the unit gets API file systems of its own, see namespace_info_mount_apivfs(); or null.
const char* api_file_systems_by(const Situation& situation) {
    for (const char* directive : {"MountAPIVFS", "ProtectKernelTunables", "ProtectControlGroups", "ProtectProc",
                                  "ProcSubset", "PrivatePIDs"}) {
        const std::string value = effective_word(situation, directive);
        const bool is_off = value.empty() || value == "no" || value == "false" || value == "off" || value == "0" ||
                            value == "default" || value == "all";
        if (!is_off) return directive;
    }
    return nullptr;
}

bool names_run(const UnitSettings& settings, const char* directive) {
    return std::ranges::any_of(list_of(settings, directive), [](const std::string& item) {
        const std::size_t start = item.find('/');
        return start != std::string::npos && base::is_at_or_below(kRun, item.substr(start));
    });
}

/// What entries of the directive refuse. What is read-only in other places is for other rules to say.
class Shut {
public:
    Shut(const Situation& situation, const std::vector<std::string>& items)
        : profile_(situation.profile),
          table_(mount_table(situation, effective_word(situation, "ProtectSystem")).with_shut(items)) {
        for (const auto& item : items) {
            if (const std::size_t start = item.find('/'); start != std::string::npos)
                places_.push_back(item.substr(start));
        }
    }

    [[nodiscard]] bool refuses(const Fact& fact) const {
        const auto need = write_need(fact);
        if (!need || is_private(profile_, *need) || table_.allows(*need)) return false;
        if (!need->placed || is_shut(need->second_directory)) return true;
        if (need->needs_directory || need->objects.empty()) return is_shut(need->directory);
        return std::ranges::any_of(need->objects, [this](const std::string& path) { return is_shut(path); });
    }

private:
    [[nodiscard]] bool is_shut(const std::string& path) const {
        return std::ranges::any_of(places_, [&](const auto& place) { return base::is_at_or_below(path, place); }) &&
               !table_.over(path).writable;
    }

    const Profile& profile_;
    MountTable table_;
    std::vector<std::string> places_;
};

Suggestion conclude(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (names_run(settings, "ReadOnlyPaths") || names_run(settings, "InaccessiblePaths")) {
        return keep(kDirective, "the unit's own entries close /run");
    }
    if (effective_word(situation, "ProtectSystem") != "strict") {
        return abstain(kDirective, "without ProtectSystem=strict there is nothing that was to be read-only");
    }
    const char* by = api_file_systems_by(situation);
    if (by == nullptr) return abstain(kDirective, "ProtectSystem=strict closes /run by itself");
    if (const auto why = obstacle(situation, {Subject::files})) return abstain(kDirective, *why);
    if (const auto why = own_root(settings)) return abstain(kDirective, *why);
    if (mount_table(situation, "strict").over(kRun).writable)
        return abstain(kDirective, "ReadWritePaths= opens /run itself");
    Suggestion suggestion = suggest(kDirective, ValueForm::paths, {kRun},
                                    std::string("beside ") + by + "= ProtectSystem=strict leaves /run writable");
    suggestion.caveats = doubts(situation, {Subject::files});
    return unless_refused(situation, std::move(suggestion),
                          [shut = Shut(situation, {kRun})](const Fact& fact) { return shut.refuses(fact); });
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    return [shut = Shut(situation, suggestion.items)](const SeenFact& seen) { return shut.refuses(seen.fact); };
}

}  // namespace

Rule read_only_paths() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
