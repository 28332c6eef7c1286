// Whether a recording saw the unit reload.
#ifndef SANDFIT_PROFILE_RELOAD_H
#define SANDFIT_PROFILE_RELOAD_H

#include <sandfit/profile.h>

namespace sandfit::profile {

/// True when a program of ExecReload= was the first of an Exec line, and no other line of the unit runs a program of that
/// name: then it was the reload that ran it. A reload by a program
/// that another line runs as well is not told apart, and stays a gap.
bool saw_reload(const Profile& profile);

}  // namespace sandfit::profile

#endif
