// What a sandbox refused while it was tried, which of its directives did, and what would let it through.
#ifndef SANDFIT_DENIAL_H
#define SANDFIT_DENIAL_H

#include <sandfit/fact.h>
#include <sandfit/suggestion.h>

#include <string>
#include <vector>

namespace sandfit {

enum class DenialKind {
    refused,  ///< the operation failed, with `error`
    killed,   ///< the process was ended for it (SIGSYS)
    altered,  ///< it went on without an error, but what it saw or did is not what it would have been
};

/// What to change in the candidate, so that one directive lets the operation through.
struct Remedy {
    enum class How {
        add,        ///< `items` to what `directive` lists already
        set,        ///< `directive` to `items`, a weaker value
        leave_out,  ///< the directive: no value of it does
    };
    std::string
        directive;  ///< without '='; may be another one than what refused: ReadWritePaths= opens ProtectSystem=
    How how = How::leave_out;
    ValueForm form = ValueForm::word;
    std::vector<std::string> items;  ///< raw, as in a Suggestion; "~name" is to be taken out of a deny-list

    bool operator==(const Remedy&) const = default;
};

/// One directive of the candidate that refuses the operation, and in the way in which it was refused. Where there are
/// several, each does so alone: all of their remedies are needed.
struct DenialCause {
    std::string directive;           ///< without '='
    std::vector<std::string> value;  ///< as it was in force, in the words of UnitSettings
    Remedy remedy;

    bool operator==(const DenialCause&) const = default;
};

/// One thing that the candidate refused. To whom, and inside which call, the evidence says.
struct Denial {
    DenialKind kind = DenialKind::refused;
    int error = 0;  ///< errno of what was refused; 0 for the other kinds
    Fact fact;      ///< as it was recorded; of several names only those that were refused
    Evidence evidence;
    std::vector<DenialCause> causes;  ///< never empty; the most specific directive first

    bool operator==(const Denial&) const = default;
};

}  // namespace sandfit

#endif
