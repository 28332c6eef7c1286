#include "derive/denial_sign.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "derive/mount_namespace.h"
#include "derive/settings.h"

namespace sandfit::derive {
namespace {

/// What a directive answers, by the sort of operation. An empty list: it does not refuse such operations, or not so
/// that they fail.
struct Signs {
    std::string_view directive;
    std::initializer_list<int> files = {};      ///< on paths: files, moves, AF_UNIX addresses with a path
    std::initializer_list<int> addresses = {};  ///< on all other addresses, and abstract ones
    std::initializer_list<int> sockets = {};
    std::initializer_list<int> requests = {};
    std::initializer_list<int> calls = {};  ///< of a seccomp filter
    bool capabilities = false;              ///< takes capabilities away
    bool alters = false;                    ///< may let an operation go on, and change what it finds or does
};

// A place that is hidden is an empty directory or file of mode 000 (EACCES, but root finds it empty: ENOENT), a
// device without a driver (ENXIO), or a file system in which nothing is (ENOENT). systemd, src/core/namespace.c.
//
// Filters on arguments answer EPERM; where the arguments are in memory (clone3, openat2) ENOSYS, for a filter cannot
// see them; a forbidden family EAFNOSUPPORT. PR_SET_MDWE, by which newer versions refuse executable memory, answers
// EACCES. systemd, src/shared/seccomp-util.c; linux, mm/mmap.c.
const Signs kSigns[] = {
    {.directive = "RuntimeDirectory", .files = {EXDEV, EROFS}},
    {.directive = "StateDirectory", .files = {EXDEV, EROFS}},
    {.directive = "CacheDirectory", .files = {EXDEV, EROFS}},
    {.directive = "LogsDirectory", .files = {EXDEV, EROFS}},
    {.directive = "ConfigurationDirectory", .files = {EXDEV, EROFS}},
    {.directive = "PrivateTmp", .files = {ENOENT, EXDEV}, .alters = true},
    {.directive = "ProtectHome", .files = {EROFS, ENOENT, EACCES, EXDEV}, .alters = true},
    {.directive = "ProtectSystem", .files = {EROFS, EXDEV}, .alters = true},
    {.directive = "ReadWritePaths", .files = {EROFS, EXDEV}, .alters = true},
    {.directive = "ReadOnlyPaths", .files = {EROFS, EXDEV}, .alters = true},
    {.directive = "InaccessiblePaths", .files = {ENOENT, EACCES, ENXIO, EROFS, EXDEV}, .alters = true},
    {.directive = "TemporaryFileSystem", .files = {ENOENT, EROFS, EXDEV}, .alters = true},
    {.directive = "NoExecPaths", .files = {EACCES, EPERM}, .alters = true},
    {.directive = "PrivateDevices",
     .files = {ENOENT, EACCES, EPERM, EROFS},
     .calls = {EPERM},
     .capabilities = true,
     .alters = true},
    {.directive = "DeviceAllow", .files = {EPERM}},
    {.directive = "DevicePolicy", .files = {EPERM}},
    {.directive = "ProtectKernelTunables", .files = {EROFS, ENOENT, EACCES}, .alters = true},
    {.directive = "ProtectKernelModules",
     .files = {ENOENT, EACCES},
     .calls = {EPERM},
     .capabilities = true,
     .alters = true},
    {.directive = "ProtectKernelLogs",
     .files = {ENXIO, EACCES, EPERM, ENOENT},
     .calls = {EPERM},
     .capabilities = true,
     .alters = true},
    {.directive = "ProtectControlGroups", .files = {EROFS, ENOENT}, .alters = true},
    {.directive = "ProtectClock", .files = {EPERM}, .calls = {EPERM}, .capabilities = true},
    {.directive = "ProtectHostname", .files = {EROFS}, .calls = {EPERM}, .capabilities = true, .alters = true},
    {.directive = "ProtectProc", .files = {ENOENT, EACCES, EPERM, ESRCH}, .alters = true},
    {.directive = "ProcSubset", .files = {ENOENT}, .alters = true},
    {.directive = "PrivateMounts", .alters = true},
    {.directive = "NoNewPrivileges", .alters = true},
    {.directive = "AmbientCapabilities", .capabilities = true},
    {.directive = "CapabilityBoundingSet", .files = {EPERM}, .capabilities = true},
    {.directive = "RestrictAddressFamilies", .sockets = {EAFNOSUPPORT}},
    {.directive = "PrivateUsers",
     .files = {EPERM, EINVAL, EACCES, EOVERFLOW},
     .requests = {EPERM, EINVAL},
     .capabilities = true,
     .alters = true},
    {.directive = "PrivateNetwork",
     .addresses = {ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENODEV, ETIMEDOUT},
     .alters = true},
    {.directive = "PrivateIPC", .files = {ENOENT}, .alters = true},
    {.directive = "PrivatePIDs", .files = {ENOENT, ESRCH}, .alters = true},
    {.directive = "IPAddressDeny", .addresses = {EPERM, EACCES, ETIMEDOUT}, .alters = true},
    {.directive = "SocketBindDeny", .addresses = {EPERM, EACCES}},
    {.directive = "RestrictNetworkInterfaces", .addresses = {EPERM, EACCES, ETIMEDOUT}, .alters = true},
    {.directive = "RestrictFileSystems", .files = {EPERM, EACCES}},
    {.directive = "LockPersonality", .requests = {EPERM}},
    {.directive = "RestrictNamespaces", .requests = {EPERM, ENOSYS}, .calls = {ENOSYS}},
    {.directive = "RestrictRealtime", .requests = {EPERM}},
    {.directive = "RestrictSUIDSGID", .files = {EPERM}, .calls = {ENOSYS, EPERM}},
    {.directive = "MemoryDenyWriteExecute", .requests = {EPERM, EACCES}},
    {.directive = "UMask", .alters = true},
    {.directive = "KeyringMode", .alters = true},
    {.directive = "RemoveIPC", .alters = true},
    {.directive = "Delegate", .files = {EACCES, EPERM}},
    {.directive = "NotifyAccess", .alters = true},
    {.directive = "SystemCallFilter"},         // its errno is a setting: see filter_sign()
    {.directive = "SystemCallArchitectures"},  // always kills
};

const Signs* signs_of(const std::string& directive) {
    const auto* found = std::find_if(std::begin(kSigns), std::end(kSigns),
                                     [&](const Signs& signs) { return signs.directive == directive; });
    return found == std::end(kSigns) ? nullptr : found;
}

bool contains(std::initializer_list<int> errors, int error) {
    return std::find(errors.begin(), errors.end(), error) != errors.end();
}

/// An operation that ended with `error`, of which a directive answers some.
std::optional<Sign> sign_of_error(int error, std::initializer_list<int> answers) {
    if (!contains(answers, error)) return std::nullopt;
    return Sign{DenialKind::refused, error};
}

/// The errno by which SystemCallFilter= refuses a call; 0 when it kills.
int errno_of_filter(const std::string& call, const UnitSettings& in_force) {
    std::string word = in_force.scalar("SystemCallErrorNumber");
    for (const auto& item : list_of(in_force, "SystemCallFilter")) {
        const std::string_view name = std::string_view(item).substr(item.starts_with('~') ? 1 : 0);
        if (name.size() > call.size() && name.starts_with(call) && name[call.size()] == ':') {
            word = name.substr(call.size() + 1);
        }
    }
    int number = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc()) return number;
    for (number = EHWPOISON; number > 0 && base::errno_name(number) != word; --number) {
    }
    return number;
}

std::optional<Sign> sign_of_call(const Signs& signs, const SyscallFact& call, const UnitSettings& in_force) {
    if (signs.directive == "SystemCallArchitectures" || signs.directive == "SystemCallFilter") {
        const int answer = signs.directive == "SystemCallFilter" ? errno_of_filter(call.name, in_force) : 0;
        if (answer == 0) return call.killed ? std::optional<Sign>({DenialKind::killed, 0}) : std::nullopt;
        // COMPAT(256): a call that systemd has no name for is answered with ENOSYS, whatever the filter's errno.
        for (const int error : {answer, ENOSYS}) {
            if (call.refusals.count(error) != 0) return Sign{DenialKind::refused, error};
        }
        return std::nullopt;
    }
    for (const int error : call.refusals) {
        if (const auto sign = sign_of_error(error, signs.calls)) return sign;
    }
    // Filters apart, a call may work and lead elsewhere: into a System V segment of the unit's own.
    const bool let_through = call.refusals.empty() && !call.killed && signs.calls.size() == 0;
    if (signs.alters && let_through) return Sign{DenialKind::altered, 0};
    return std::nullopt;
}

std::optional<Sign> sign_of_capability(const Signs& signs, const CapabilityFact& check) {
    if (!signs.capabilities || check.granted) return std::nullopt;
    const bool outside = check.lack == CapabilityLack::other_namespace;
    if ((signs.directive == "PrivateUsers") != outside) return std::nullopt;
    // In the bounding set and not held: the program dropped it, or a plain user never had it.
    if (check.lack == CapabilityLack::not_held) return std::nullopt;
    if (was_missed(check)) return Sign{DenialKind::refused, check.error};
    // Refused, the set-group-ID bit is left out of the mode, and nobody is told.
    const bool without_bit =
        check.capability == "CAP_FSETID" && check.use != CapabilityUse::probe && check.error == 0;
    if (without_bit && !check.own_user_namespace) return Sign{DenialKind::altered, 0};
    return std::nullopt;
}

/// What goes on without an error where something is hidden: a listing, which shows less; an empty file that stands
/// for what may not be read.
bool may_be_altered(const Signs& signs, const FileFact& file) {
    if (!signs.alters || file.error != 0) return false;
    if (signs.directive == "UMask" || signs.directive == "PrivateUsers") return true;
    return file.op == FileOp::read &&
           (file.kind == FileKind::directory || signs.directive == "ProtectKernelTunables");
}

std::optional<Sign> sign_of_file(const Signs& signs, const FileFact& file) {
    if (const auto sign = sign_of_error(file.error, signs.files)) return sign;
    if (may_be_altered(signs, file)) return Sign{DenialKind::altered, 0};
    return std::nullopt;
}

std::optional<Sign> sign_of_address(const Signs& signs, const AddressFact& address) {
    const bool has_path = address.family == "AF_UNIX" && !address.abstract;
    if (const auto sign = sign_of_error(address.error, has_path ? signs.files : signs.addresses)) return sign;
    // A packet that a firewall drops is no error of a connect that does not wait; a server that nobody can reach
    // binds all the same.
    if (signs.alters && !has_path && address.error == 0) return Sign{DenialKind::altered, 0};
    if (signs.directive == "PrivateUsers" && address.error == 0) return Sign{DenialKind::altered, 0};
    return std::nullopt;
}

}  // namespace

bool has_signs(const std::string& directive) {
    return signs_of(directive) != nullptr;
}

bool was_missed(const CapabilityFact& check) {
    if (check.granted || check.use == CapabilityUse::probe || check.own_user_namespace) return false;
    if (check.error == EPERM || check.error == EACCES) return true;
    // Beyond a limit, what the limit answers: mlock(2), setrlimit(2), fork(2), mq_open(3) and their like.
    const bool beyond_limit = check.capability == "CAP_IPC_LOCK" || check.capability == "CAP_SYS_RESOURCE";
    return beyond_limit && contains({ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC, EDQUOT, EMSGSIZE}, check.error);
}

std::optional<Sign> sign_of(const std::string& directive, const Fact& fact, const UnitSettings& in_force) {
    const Signs* signs = signs_of(directive);
    if (signs == nullptr) return std::nullopt;
    if (const auto* call = std::get_if<SyscallFact>(&fact)) {
        const bool filter = directive == "SystemCallFilter" || directive == "SystemCallArchitectures";
        // In a mount namespace of its own the unit mounts as before, but where others do not see it.
        if (is_mount_call(fact) && !filter) {
            const bool done = call->refusals.empty() && !call->killed;
            return done ? std::optional<Sign>({DenialKind::altered, 0}) : std::nullopt;
        }
        return sign_of_call(*signs, *call, in_force);
    }
    // NoNewPrivileges=, and every filter that implies it: the program runs, with less.
    if (grants_privileges(fact)) return Sign{DenialKind::altered, 0};
    if (const auto* file = std::get_if<FileFact>(&fact)) return sign_of_file(*signs, *file);
    if (const auto* move = std::get_if<MoveFact>(&fact)) return sign_of_error(move->error, signs->files);
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) return sign_of_capability(*signs, *check);
    if (const auto* asked = std::get_if<CapabilityRequestFact>(&fact)) {
        return signs->capabilities ? sign_of_error(asked->error, {EPERM}) : std::nullopt;
    }
    if (const auto* socket = std::get_if<SocketFact>(&fact)) return sign_of_error(socket->error, signs->sockets);
    if (const auto* address = std::get_if<AddressFact>(&fact)) return sign_of_address(*signs, *address);
    if (const auto* request = std::get_if<RequestFact>(&fact)) return sign_of_error(request->error, signs->requests);
    return std::nullopt;
}

}  // namespace sandfit::derive
