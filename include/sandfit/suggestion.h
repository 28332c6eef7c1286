// What a rule concludes about one directive.
#ifndef SANDFIT_SUGGESTION_H
#define SANDFIT_SUGGESTION_H

#include <cstddef>
#include <string>
#include <vector>

namespace sandfit {

/// How far a rule may generalise.
enum class Tightness {
    strict,    ///< only what was seen
    balanced,  ///< survives another run of the same features, and an update of libc
    cautious,  ///< systemd's own groups
};

enum class Verdict {
    suggest,  ///< set it to `items`
    keep,     ///< the unit has it already, as tight or tighter
    abstain,  ///< nothing can be said; `reason` says why and what to do
};

/// How a directive's value is written, and with it how it is escaped.
enum class ValueForm {
    word,   ///< one word: yes, no, strict, EPERM; written as it is, checked to be harmless
    words,  ///< a list of such words on one line; "~" in front of the first makes a deny-list
    paths,  ///< a list of paths, each quoted and escaped; a leading "-" or "+" is a prefix
};

struct Suggestion {
    std::string directive;  ///< without '=': "ReadWritePaths"
    Verdict verdict = Verdict::abstain;
    ValueForm form = ValueForm::word;
    /// Raw, unescaped. Empty with Verdict::suggest: the empty assignment ("CapabilityBoundingSet=").
    std::vector<std::string> items;
    /// Assign empty first, because the unit already sets a list that `items` would only add to.
    bool reset_first = false;
    /// The directive takes one item an assignment (SocketBindAllow=, DeviceAllow=), though several assignments add up.
    bool one_each = false;
    std::string reason;  ///< one sentence for people, no full stop; may hold raw bytes of paths
    std::vector<std::string> caveats;   ///< when it may be wrong; one sentence each, no full stop
    std::vector<std::size_t> because;   ///< indexes into Profile::facts

    bool operator==(const Suggestion&) const = default;
};

}  // namespace sandfit

#endif
