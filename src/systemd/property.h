// Properties of a unit as they come over the bus, freed of the bus, and turned into the words of
// `systemctl show`. Pure, so that it is tested without a systemd.
#ifndef SANDFIT_SYSTEMD_PROPERTY_H
#define SANDFIT_SYSTEMD_PROPERTY_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "systemd/service_manager.h"

namespace sandfit::systemd {

/// A D-Bus value of any type. Arrays and structs are both lists.
struct Value {
    using List = std::vector<Value>;
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, List> data;

    // Each gives an empty value when this is of another type: what a bus replies is input, not to be trusted.
    [[nodiscard]] bool as_bool() const;
    [[nodiscard]] std::uint64_t as_unsigned() const;  ///< of any number; a negative one wraps
    [[nodiscard]] const std::string& as_text() const;
    [[nodiscard]] const List& as_list() const;
};

struct Property {
    std::string signature;  ///< the D-Bus type, "(bas)"
    Value value;
};

/// By name, "CapabilityBoundingSet".
using Properties = std::map<std::string, Property>;

/// A setting in the words of `systemctl show`, see UnitSettings; but CAP_NAMES as unit files have
/// them, SystemCallErrorNumber= as a word ("EPERM", "kill"), Exec*= as lines with their prefixes,
/// and durations in microseconds. An empty RestrictAddressFamilies= that allows nothing is "none". None for what is
/// no setting: counters, times, process ids, and types that no rule asks for.
std::optional<std::vector<std::string>> setting_words(const std::string& name, const Property& property);

/// The state of a unit from the properties of org.freedesktop.systemd1.Unit and .Service.
UnitState unit_state(const Properties& unit, const Properties& service);

}  // namespace sandfit::systemd

#endif
