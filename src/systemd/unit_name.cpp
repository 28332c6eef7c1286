#include "systemd/unit_name.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace sandfit::systemd {
namespace {

constexpr std::size_t kMaxUnitName = 255;
constexpr std::string_view kServiceSuffix = ".service";
constexpr std::string_view kSliceSuffix = ".slice";

constexpr std::array<std::string_view, 10> kOtherSuffixes = {".socket", ".target", ".device", ".mount", ".automount",
                                                             ".swap",   ".timer",  ".path",   ".slice", ".scope"};

// Those of cgroup v1, v2 and systemd's own pseudo controllers: systemd checks its unit names against all of them.
constexpr std::array<std::string_view, 13> kControllers = {"cpu",
                                                           "cpuacct",
                                                           "cpuset",
                                                           "io",
                                                           "blkio",
                                                           "memory",
                                                           "devices",
                                                           "pids",
                                                           "bpf-firewall",
                                                           "bpf-devices",
                                                           "bpf-foreign",
                                                           "bpf-socket-bind",
                                                           "bpf-restrict-network-interfaces"};

bool is_unit_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

Error bad_name(std::string_view given, std::string_view why, std::string hint) {
    return Error{ErrorKind::usage, fmt::format("\"{}\" is no service: {}", base::escape_bytes(given), why), 0,
                 std::move(hint)};
}

}  // namespace

Result<std::string> service_name(std::string_view given) {
    if (given.empty()) return bad_name(given, "the name is empty", "name a unit, for example nginx.service");
    if (given.find('/') != std::string_view::npos) {
        return bad_name(given, "it is a path",
                        "give the name that `systemctl status` shows, or use `sandfit run -- CMD` for a program");
    }
    for (const auto suffix : kOtherSuffixes) {
        if (given.size() > suffix.size() && given.ends_with(suffix)) {
            return bad_name(given,
                            fmt::format("{} units start no programs that sandfit can confine", suffix.substr(1)),
                            "name the .service that it belongs to (`systemctl show -p Triggers NAME` tells it)");
        }
    }

    std::string name(given);
    if (!given.ends_with(kServiceSuffix)) name += kServiceSuffix;
    const std::string stem = unit_stem(name);
    if (stem.empty() || stem.front() == '@') {
        return bad_name(given, "there is nothing in front of the \"@\" or the suffix", "");
    }
    if (!std::all_of(name.begin(), name.end(), is_unit_character)) {
        return bad_name(given, "it holds a character that no unit name may hold",
                        "for an instance with unusual characters take the output of `systemd-escape INSTANCE`");
    }
    if (name.size() > kMaxUnitName) return bad_name(given, "it is longer than 255 bytes", "");
    if (stem.back() == '@' && stem.find('@') == stem.size() - 1) {
        return bad_name(given, "it is a template without an instance",
                        fmt::format("name an instance: {}INSTANCE.service (`systemctl list-units '{}*'` shows those "
                                    "that run)",
                                    stem, stem));
    }
    return name;
}

std::string unit_stem(std::string_view unit) {
    const std::size_t dot = unit.rfind('.');
    return std::string(dot == std::string_view::npos ? unit : unit.substr(0, dot));
}

Result<std::string> slice_path(std::string_view slice) {
    const auto bad = [slice] {
        return Error{ErrorKind::bad_input, fmt::format("\"{}\" is no slice", base::escape_bytes(slice)), 0, ""};
    };
    if (!slice.ends_with(kSliceSuffix) || !std::all_of(slice.begin(), slice.end(), is_unit_character)) return bad();
    if (slice == "-.slice") return std::string();
    const std::string stem = unit_stem(slice);

    // Every "-" opens a level: a-b.slice lies in a.slice.
    std::string path;
    std::string upto;
    for (const auto& part : base::split(stem, '-')) {
        if (part.empty()) return bad();
        upto += upto.empty() ? part : "-" + part;
        if (!path.empty()) path += '/';
        path += cgroup_directory_name(upto + std::string(kSliceSuffix));
    }
    return path;
}

std::string cgroup_directory_name(std::string_view unit) {
    // The rules are those of systemd's cg_needs_escape().
    bool needs_escape = unit.empty() || unit.front() == '_' || unit.front() == '.' || unit.starts_with("cgroup.") ||
                        unit == "notify_on_release" || unit == "release_agent" || unit == "tasks";
    for (const auto controller : kControllers) {
        needs_escape |=
            unit.size() > controller.size() && unit.starts_with(controller) && unit[controller.size()] == '.';
    }
    return (needs_escape ? "_" : "") + std::string(unit);
}

}  // namespace sandfit::systemd
