// From a profile to suggestions.
#ifndef SANDFIT_DERIVE_DERIVE_H
#define SANDFIT_DERIVE_DERIVE_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <map>
#include <string>
#include <vector>

namespace sandfit::derive {

/// Directives that must not be suggested, each with the reason: what was tried has shown that they do not fit.
using Withdrawn = std::map<std::string, std::string>;

/// One suggestion a rule, in drop-in order, whatever its verdict. A suggestion that would deny an
/// observed fact never leaves: it comes back as Verdict::abstain, with the fact in its reason. One
/// for a directive that the host's systemd does not know comes back as abstain, too. The other rules know what was
/// withdrawn, and do without it.
std::vector<Suggestion> derive(const Profile& profile, const Host& host, Tightness tightness,
                               const Withdrawn& withdrawn = {});

}  // namespace sandfit::derive

#endif
