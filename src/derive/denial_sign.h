// How a refusal shows: which directive answers which operation with which errno. The other half of naming a denial;
// whether the directive refuses the operation at all, its rule says.
#ifndef SANDFIT_DERIVE_DENIAL_SIGN_H
#define SANDFIT_DERIVE_DENIAL_SIGN_H

#include <sandfit/denial.h>
#include <sandfit/fact.h>
#include <sandfit/unit.h>

#include <optional>
#include <string>

namespace sandfit::derive {

/// In which way a fact, as it was recorded, bears the sign of a directive's refusal.
struct Sign {
    DenialKind kind = DenialKind::refused;
    int error = 0;
};

/// None when the directive never answers like that. `in_force` are the settings of the recording.
std::optional<Sign> sign_of(const std::string& directive, const Fact& fact, const UnitSettings& in_force);

/// True for a directive whose signs are known; the others have none.
bool has_signs(const std::string& directive);

/// True when a check was refused, and for want of the capability its call then failed.
bool was_missed(const CapabilityFact& check);

}  // namespace sandfit::derive

#endif
