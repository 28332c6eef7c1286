// "%i" and its like in unit files. Pure: what only the host or a running systemd knows is not filled in.
#ifndef SANDFIT_SYSTEMD_UNIT_SPECIFIERS_H
#define SANDFIT_SYSTEMD_UNIT_SPECIFIERS_H

#include <string>
#include <string_view>

namespace sandfit::systemd {

/// A unit's name, taken apart: "foo-bar@a\x2db.service".
struct UnitNameParts {
    explicit UnitNameParts(std::string_view unit);

    std::string full;      ///< "foo-bar@a\x2db.service"
    std::string prefix;    ///< "foo-bar"
    std::string instance;  ///< "a\x2db", "" when there is none
    bool has_at = false;   ///< a template or an instance of one

    [[nodiscard]] bool is_template() const { return has_at && instance.empty(); }
    /// "foo-bar@.service"; REQUIRES has_at.
    [[nodiscard]] std::string template_name() const;
    /// The name with another instance in it: "foo@.service" -> "foo@x.service"; REQUIRES has_at.
    [[nodiscard]] std::string with_instance(std::string_view other) const;
};

struct Expanded {
    std::string text;
    /// The first specifier that stays as it is ("%m"), since its value depends on the host; "" when there is none.
    std::string unknown;
};

/// Fills in what follows from the unit's name (%n %N %p %P %i %I %j %J %f %d), and what is fixed for all system
/// services (%t %S %C %L %E %h %u %U %g %G). "%%" is "%"; a "%" in front of anything that is no specifier stays.
Expanded expand_specifiers(std::string_view text, const UnitNameParts& unit);

}  // namespace sandfit::systemd

#endif
