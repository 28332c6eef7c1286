// What the systemd of other releases can do: tables that were asked of the real ones (tools/host-table), so that a
// drop-in can be derived for a host that is not this one.
#ifndef SANDFIT_SYSTEMD_KNOWN_HOSTS_H
#define SANDFIT_SYSTEMD_KNOWN_HOSTS_H

#include <sandfit/host.h>
#include <sandfit/result.h>

#include <vector>

namespace sandfit::systemd {

/// The versions of systemd that there are tables for, ascending.
std::vector<int> known_versions();

/// The newest table that is not newer than `version`; `usage` when there is none, naming those that there are. Its
/// `systemd_version` is that of the table: a directive that came in between is not used.
Result<Host> host_of_version(int version);

}  // namespace sandfit::systemd

#endif
