// Questions about what a unit's settings are already, before anything is suggested.
#ifndef SANDFIT_DERIVE_SETTINGS_H
#define SANDFIT_DERIVE_SETTINGS_H

#include <sandfit/unit.h>

#include <optional>
#include <string>
#include <vector>

#include "derive/rule.h"

namespace sandfit::derive {

/// The items of a list directive; empty when it is not set.
const std::vector<std::string>& list_of(const UnitSettings& settings, const char* directive);

/// Items of a list of paths without the prefixes "-" and "+", lexically normal.
std::vector<std::string> bare_paths(const std::vector<std::string>& items);

/// True for yes, true, on and 1.
bool is_on(const UnitSettings& settings, const std::string& directive);

/// User= or "root"; Group=, or what User= suggests: a group of the user's name.
std::string user_of(const UnitSettings& settings);
std::string group_of(const UnitSettings& settings);

/// The single word that will be in force: the suggested one, else the unit's.
std::string effective_word(const Situation& situation, const std::string& directive);

/// User= or DynamicUser=: systemd drops CAP_SYS_ADMIN before it loads seccomp filters, and so any of them implies
/// NoNewPrivileges=. Newer versions can keep it until then, older ones cannot; who believes the older ones is wrong
/// on the safe side.
bool loads_filters_unprivileged(const UnitSettings& settings);

/// Why a directive that systemd enforces by seccomp must not be added: with User= it implies NoNewPrivileges=, and
/// the unit executed a file that grants privileges. None: it may. See systemd.exec(5), NoNewPrivileges=.
std::optional<std::string> seccomp_would_take_privileges(const Situation& situation);

/// The half of the same question that a rule's `denies` asks: is `fact` an execution that would lose its privileges?
bool seccomp_denies(const Situation& situation, const Fact& fact);

/// True when a set-user-ID, set-group-ID or file-capability program was executed.
bool grants_privileges(const Fact& fact);

/// True when the unit already runs without new privileges.
bool has_no_new_privileges(const UnitSettings& settings);

}  // namespace sandfit::derive

#endif
