// The service manager behind D-Bus. Only bus.cpp includes sd-bus.h.
#ifndef SANDFIT_SYSTEMD_BUS_H
#define SANDFIT_SYSTEMD_BUS_H

#include <memory>

#include "systemd/service_manager.h"

namespace sandfit::systemd {

/// Connects to the system's systemd: over the system bus, or, where there is no bus (as on small
/// systems), over systemd's own socket, which takes only root. ErrorKind::unsupported where no
/// systemd runs. The manager belongs to one thread.
Result<std::unique_ptr<ServiceManager>> connect_system_manager();

}  // namespace sandfit::systemd

#endif
