// Directives that a host accepts and that do nothing there.
#ifndef SANDFIT_DERIVE_HOST_FEATURES_H
#define SANDFIT_DERIVE_HOST_FEATURES_H

#include <sandfit/host.h>

#include <optional>
#include <string>

namespace sandfit::derive {

/// A caveat for a directive that needs systemd's own BPF programs, when the host's systemd has none.
inline std::optional<std::string> does_nothing_without_bpf(const Host& host) {
    if (host.features.empty() || host.features.count("BPF_FRAMEWORK") != 0) return std::nullopt;
    return "this systemd was built without BPF_FRAMEWORK: it accepts the directive and enforces nothing";
}

}  // namespace sandfit::derive

#endif
