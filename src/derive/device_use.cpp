#include "derive/device_use.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/path.h"
#include "derive/path_use.h"
#include "derive/settings.h"

namespace sandfit::derive {
namespace {

/// Links, and what lies in file systems of their own: no device nodes but pseudo terminals.
bool holds_no_device(std::string_view path) {
    constexpr std::array<std::string_view, 7> kLinks = {"/dev",        "/dev/core",   "/dev/log",    "/dev/stdin",
                                                        "/dev/stdout", "/dev/stderr", "/dev/initctl"};
    return std::find(kLinks.begin(), kLinks.end(), path) != kLinks.end() || base::is_at_or_below(path, "/dev/fd") ||
           is_in_kept_part_of_dev(path);
}

bool is_device(FileKind kind) {
    return kind == FileKind::char_device || kind == FileKind::block_device;
}

bool names(const std::string& item, const std::string& path) {
    return !path.empty() && item.substr(0, item.find(' ')) == path;
}

}  // namespace

bool is_standard_device(std::string_view path) {
    constexpr std::array<std::string_view, 7> kNodes = {"/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
                                                        "/dev/urandom", "/dev/tty",  "/dev/ptmx"};
    return std::find(kNodes.begin(), kNodes.end(), path) != kNodes.end() || base::is_at_or_below(path, "/dev/pts");
}

bool is_in_kept_part_of_dev(std::string_view path) {
    constexpr std::array<std::string_view, 4> kKept = {"/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/hugepages"};
    return std::any_of(kKept.begin(), kKept.end(),
                       [path](std::string_view kept) { return base::is_at_or_below(path, kept); });
}

std::vector<std::string> special_devices(const Fact& fact) {
    std::vector<std::string> devices;
    const auto* file = std::get_if<FileFact>(&fact);
    if (file == nullptr) return devices;  // programs are no devices, a move asks no device filter
    for (const auto& use : path_uses(fact)) {
        // A refusal stays one; what is not there is not asked for.
        if (was_refused(use) || use.error == ENOENT || use.error == ENOTDIR) continue;
        const bool known = !use.path.empty() && !use.some_below;
        if (known && is_standard_device(use.path)) continue;
        if (is_device(file->kind)) {
            devices.push_back(known ? use.path : std::string());
            continue;
        }
        // A kind that was not seen (access(2) asks the filter, too), but a place where devices are.
        if (file->kind != FileKind::unknown || !is_in(use, "/dev")) continue;
        if (use.path == "/dev" ? use.some_below : !holds_no_device(use.path)) {
            devices.push_back(known ? use.path : std::string());
        }
    }
    return devices;
}

std::vector<std::string> devices_not_allowed(const Situation& situation, const Fact& fact) {
    std::vector<std::string> devices = special_devices(fact);
    const auto drop_allowed = [&devices](const std::vector<std::string>& items) {
        for (const auto& item : items) {
            std::erase_if(devices, [&item](const std::string& path) { return names(item, path); });
        }
    };
    drop_allowed(list_of(situation.profile.settings, "DeviceAllow"));
    const Suggestion* made = situation.proposed("DeviceAllow");
    if (made != nullptr && made->verdict == Verdict::suggest) drop_allowed(made->items);
    return devices;
}

}  // namespace sandfit::derive
