// A profile and suggestions that hold something of everything, hostile names among it.
#ifndef SANDFIT_TESTS_UNIT_RENDER_SAMPLE_H
#define SANDFIT_TESTS_UNIT_RENDER_SAMPLE_H

#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <vector>

namespace sample {

sandfit::Profile profile();

/// For profile(): their `because` are indexes into its facts.
std::vector<sandfit::Suggestion> suggestions();

}  // namespace sample

#endif
