// Small makers of suggestions, and the sentences in them. Every reason that a rule gives is built
// here, so that none grows with the profile.
#ifndef SANDFIT_DERIVE_VERDICT_H
#define SANDFIT_DERIVE_VERDICT_H

#include <sandfit/fact.h>
#include <sandfit/suggestion.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::derive {

Suggestion suggest(std::string_view directive, ValueForm form, std::vector<std::string> items, std::string reason);
Suggestion keep(std::string_view directive, std::string reason);
Suggestion abstain(std::string_view directive, std::string reason);

/// "a, b, c and 4 more": at most `most` of them, each clipped.
std::string some_of(const std::vector<std::string>& items, std::size_t most = 5);

/// A string of the observed program, as long as a sentence can bear: the middle of a long one is left out.
std::string clipped(std::string_view text);

/// What a fact says, in a few words: "create /run/nginx.pid", "CAP_CHOWN in fchown".
std::string describe(const Fact& fact);

/// What was done, as the middle of a sentence: "create", "remove", "change_mode" -> "chmod".
std::string_view word_for(FileOp op);

}  // namespace sandfit::derive

#endif
