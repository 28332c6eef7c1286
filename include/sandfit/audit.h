// What an audit of a unit finds: its scores by `systemd-analyze security`, now and with what is suggested, and
// what its present settings refuse although it was seen.
#ifndef SANDFIT_AUDIT_H
#define SANDFIT_AUDIT_H

#include <sandfit/drift.h>
#include <sandfit/suggestion.h>

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sandfit {

/// systemd's measure of what a unit may do, from 0.0 (nothing) to 10.0, in tenths, as it prints it.
struct Exposure {
    int tenths = 0;
    auto operator<=>(const Exposure&) const = default;
};

/// One item of `systemd-analyze security`, as it was scored. The texts are systemd's.
struct ScoredItem {
    std::string id;           ///< its json_field: "CapabilityBoundingSet_CAP_SYS_ADMIN"
    std::string name;         ///< "CapabilityBoundingSet=~CAP_SYS_ADMIN"
    std::string description;  ///< "Service has administrator privileges"
    std::optional<bool> set;  ///< as tight as it can be; none: it does not apply
    Exposure exposure;        ///< its share of the whole, rounded by systemd

    bool operator==(const ScoredItem&) const = default;
};

struct Score {
    Exposure overall;
    std::string rating;             ///< systemd's word for it: "UNSAFE"
    std::vector<ScoredItem> items;  ///< in systemd's order; no id twice

    bool operator==(const Score&) const = default;
};

/// A present setting of a unit that refuses facts of its profile.
struct Contradiction {
    std::string directive;
    std::vector<std::string> present;  ///< the setting, in the words of UnitSettings
    std::vector<std::size_t> facts;    ///< indexes into Profile::facts

    bool operator==(const Contradiction&) const = default;
};

/// An item, with the directive that answers it.
struct AuditItem {
    std::string directive;    ///< without '='; "" for an item that sandfit does not know
    std::string not_derived;  ///< why watching a service gives no value for it; "" when it does
    ScoredItem now;
    std::optional<ScoredItem> after;  ///< none without a profile
};

struct Audit {
    std::string unit;
    Tightness tightness = Tightness::balanced;
    bool has_profile = false;
    Exposure now;
    std::string rating_now;
    std::optional<Exposure> after;  ///< none without a profile
    std::string rating_after;
    std::optional<Exposure> threshold;
    std::vector<AuditItem> items;
    std::vector<Suggestion> suggestions;  ///< all verdicts; empty without a profile
    std::vector<Contradiction> contradictions;
    std::optional<Drift> drift;  ///< since an earlier profile, where one was given
    std::vector<std::string> notes;  ///< what the reader must know to believe the scores; sentences, no full stop

    [[nodiscard]] bool is_above_threshold() const { return threshold && now > *threshold; }
};

}  // namespace sandfit

#endif
