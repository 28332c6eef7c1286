// PrivateNetwork=
//
// Directive: the unit gets a network namespace with nothing in it but a loopback interface of its own: no network, no
// service of this host's, and no abstract AF_UNIX sockets of others. Sockets that a .socket unit hands over still
// work. /sys shows the own namespace; a mount namespace comes along.
//
// Concludes from: the families of sockets, abstract socket names, files in which the network shows, and the
// capabilities that rule it. `yes` when only AF_UNIX sockets were made, none was bound or connected by an abstract
// name, and nobody looked for interfaces or needed such a capability.
//
// Needs coverage of: sockets, files, capabilities, syscalls and arguments of calls, from start-up on.
//
// Can be wrong when: the interfaces are asked for by ioctl(2) on an AF_UNIX socket; a descriptor of an Internet
// socket is received over a socket and then asked about its host.
//
// Since: systemd 247 or earlier
#include <algorithm>
#include <cerrno>

#include "base/path.h"
#include "derive/capability_need.h"
#include "derive/coverage.h"
#include "derive/mount_namespace.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/unless_refused.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "PrivateNetwork";

/// /sys/class/net, /sys/devices/.../net/eth0, /proc/net, /proc/PID/net, /proc/sys/net.
bool shows_the_network(const std::string& path) {
    const bool kernel = base::is_at_or_below(path, "/sys") || base::is_at_or_below(path, "/proc");
    return kernel && (path + "/").find("/net/") != std::string::npos;
}

bool looks_for_interfaces(const FileFact& file) {
    if (file.error == EPERM || file.error == EACCES) return false;
    if (shows_the_network(file.directory)) return true;
    if (file.many && file.directory == "/sys/class") return true;
    return std::any_of(file.names.begin(), file.names.end(), [&file](const std::string& name) {
        return shows_the_network(base::join(file.directory, name));
    });
}

/// What is lost, or another, in a network namespace of the unit's own.
bool is_cut_off(const Situation& situation, const Fact& fact) {
    if (const auto* socket = std::get_if<SocketFact>(&fact)) {
        const bool refused = socket->error == EAFNOSUPPORT || socket->error == EPERM || socket->error == EACCES;
        return !refused && socket->family != "AF_UNIX";
    }
    if (const auto* address = std::get_if<AddressFact>(&fact)) {
        const bool refused = address->error == EPERM || address->error == EACCES;
        return !refused && (address->family != "AF_UNIX" || address->abstract || address->address.empty());
    }
    if (const auto* file = std::get_if<FileFact>(&fact)) return looks_for_interfaces(*file);
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) {
        const bool network = check->capability == "CAP_NET_ADMIN" || check->capability == "CAP_NET_RAW" ||
                             check->capability == "CAP_NET_BIND_SERVICE";
        return network && is_capability_need(situation.profile, *check);
    }
    const auto* request = std::get_if<RequestFact>(&fact);
    return request != nullptr && request->request == Request::namespace_ && request->error == 0 &&
           (request->value == "net" || request->value == "any");
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    if (is_on(profile.settings, "PrivateNetwork")) return keep(kDirective, "the unit has a network of its own");
    if (!profile.settings.scalar("NetworkNamespacePath").empty()) {
        return keep(kDirective, "the unit has the network namespace of its NetworkNamespacePath=");
    }
    if (const auto why = obstacle(situation, {Subject::sockets, Subject::files, Subject::capabilities,
                                              Subject::syscalls, Subject::requests})) {
        return abstain(kDirective, *why);
    }
    if (!list_of(profile.settings, "JoinsNamespaceOf").empty()) {
        return abstain(kDirective, "with JoinsNamespaceOf= the network would be that of another unit");
    }
    for (const auto& trigger : list_of(profile.settings, "TriggeredBy")) {
        if (trigger.ends_with(".socket")) {
            return abstain(kDirective,
                           clipped(trigger) + " hands the unit sockets, and what arrives there is not known");
        }
    }
    if (const auto why = mount_namespace_obstacle(situation)) return abstain(kDirective, *why);
    Suggestion suggestion = suggest(kDirective, ValueForm::word, {"yes"},
                                    "no socket was made but of AF_UNIX, none of these has an abstract name, and "
                                    "nobody looked for network interfaces");
    suggestion.caveats =
        doubts(situation, {Subject::sockets, Subject::files, Subject::capabilities, Subject::requests});
    return unless_refused(situation, std::move(suggestion),
                          [&](const Fact& fact) { return is_cut_off(situation, fact); },
                          {.before = "the host's network is used: ", .after = ""});
}

Denier denies(const Situation& situation, const Suggestion&) {
    return [&situation](const SeenFact& seen) {
        return is_cut_off(situation, seen.fact) || mount_namespace_denies(situation, seen.fact);
    };
}

}  // namespace

Rule private_network() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
