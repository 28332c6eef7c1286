// The items of `systemd-analyze security`, each with the directive that answers it. systemd's own list is asked
// at run time; this table says what sandfit makes of it, and a test fails when a systemd brings an item that is
// not here.
#ifndef SANDFIT_SYSTEMD_SECURITY_ITEMS_H
#define SANDFIT_SYSTEMD_SECURITY_ITEMS_H

#include <span>
#include <string_view>

namespace sandfit::systemd {

struct SecurityItem {
    std::string_view id;         ///< systemd's json_field
    std::string_view directive;  ///< that answers it, without '='
    /// Why watching a service gives no value for it: the end of a sentence. "" when it does.
    std::string_view not_derived;
};

/// All items of systemd 250 to 257, by directive.
std::span<const SecurityItem> security_items();

/// Null for an item that is not in the table.
const SecurityItem* find_security_item(std::string_view id);

/// The settings that decide the scores: all that a unit file must hold to be scored like the unit. A superset of
/// the items' directives. "DefaultDependencies" belongs into [Unit].
std::span<const std::string_view> scored_settings();

}  // namespace sandfit::systemd

#endif
