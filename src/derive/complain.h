// systemd's own complain mode: SystemCallLog=.
#ifndef SANDFIT_DERIVE_COMPLAIN_H
#define SANDFIT_DERIVE_COMPLAIN_H

#include <sandfit/host.h>
#include <sandfit/unit.h>

#include <string>

namespace sandfit::derive {

/// The value of SystemCallLog= with which the kernel logs each system call that the SystemCallFilter= of `candidate`
/// would refuse, and refuses none: "~read write", "mount". "" where there is no such filter, and where the unit as it
/// stands would get NoNewPrivileges= by it (systemd.exec(5)), and so be changed.
std::string calls_to_log(const UnitSettings& present, const UnitSettings& candidate, const Host& host);

}  // namespace sandfit::derive

#endif
