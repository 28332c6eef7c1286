#include "derive/without_candidate.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/path.h"
#include "derive/path_use.h"
#include "derive/settings.h"

namespace sandfit::derive {
namespace {

template <typename Kind, typename Predicate>
bool any_of(const Profile* profile, Predicate predicate) {
    if (profile == nullptr) return false;
    return std::any_of(profile->facts.begin(), profile->facts.end(), [&](const SeenFact& seen) {
        const auto* fact = std::get_if<Kind>(&seen.fact);
        return fact != nullptr && predicate(*fact);
    });
}

/// The same fact, failed in the same way.
template <typename Kind>
bool failed_before(const Trial& trial, const Kind& fact) {
    return any_of<Kind>(trial.baseline, [&](const Kind& known) { return known.identity() == fact.identity(); });
}

bool exists(const Trial& trial, const std::string& path) {
    return trial.exists && trial.exists(path);
}

bool is_closed(const Trial& trial, const std::string& path) {
    return trial.is_closed && trial.is_closed(path);
}

bool is_read_only(const Trial& trial, const std::string& path) {
    return trial.is_read_only && trial.is_read_only(path);
}

/// Paths of processes: whether one is there nobody can say afterwards.
bool is_of_a_process(std::string_view directory) {
    return base::is_at_or_below(directory, "/proc/[pid]") || base::is_at_or_below(directory, "/proc/self");
}

bool has_name(const FileFact& known, const FileFact& fact) {
    if (known.directory != fact.directory) return false;
    return fact.names.empty() || known.names.count(*fact.names.begin()) != 0;
}

/// Done before, or for a place that is hidden now: anything done there before.
bool worked_before(const Trial& trial, const FileFact& fact) {
    const std::string path = fact.names.empty() ? fact.directory : base::join(fact.directory, *fact.names.begin());
    const bool is_hidden = fact.error == ENOENT || fact.error == EACCES || fact.error == ENXIO;
    const bool as_file = any_of<FileFact>(trial.baseline, [&](const FileFact& known) {
        return known.error == 0 && (known.op == fact.op || is_hidden) && has_name(known, fact);
    });
    return as_file || any_of<ExecFact>(trial.baseline, [&](const ExecFact& known) { return known.path == path; });
}

bool file_fails(const Trial& trial, const FileFact& fact) {
    if (worked_before(trial, fact)) return false;
    const bool failed = any_of<FileFact>(trial.baseline, [&](const FileFact& known) {
        return known.op == fact.op && known.error == fact.error && known.directory == fact.directory &&
               (known.many || has_name(known, fact));
    });
    if (failed) return true;
    const std::string path = fact.names.empty() ? fact.directory : base::join(fact.directory, *fact.names.begin());
    if (fact.error == EROFS) return is_read_only(trial, fact.directory);
    // What is not there is answered otherwise when its place is shut: a refusal instead of "not there".
    if (fact.error == EACCES) return is_closed(trial, path);
    if (fact.error != ENOENT || is_of_a_process(fact.directory)) return false;
    return !exists(trial, makes_a_name(fact.op) ? fact.directory : path);
}

bool move_fails(const Trial& trial, const MoveFact& fact) {
    const bool worked = any_of<MoveFact>(trial.baseline, [&](const MoveFact& known) {
        return known.error == 0 && known.op == fact.op && known.from_directory == fact.from_directory &&
               known.to_directory == fact.to_directory;
    });
    if (worked) return false;
    if (failed_before(trial, fact)) return true;
    if (fact.error == EROFS) {
        return is_read_only(trial, fact.from_directory) || is_read_only(trial, fact.to_directory);
    }
    if (fact.error != ENOENT) return false;
    return std::none_of(fact.from_names.begin(), fact.from_names.end(), [&](const std::string& name) {
        return exists(trial, base::join(fact.from_directory, name));
    });
}

bool address_fails(const Trial& trial, const AddressFact& fact) {
    // Of many addresses of one port the profile tells one without an address.
    const bool failed = any_of<AddressFact>(trial.baseline, [&](const AddressFact& known) {
        return known.op == fact.op && known.family == fact.family && known.port == fact.port &&
               known.error == fact.error && known.abstract == fact.abstract &&
               (known.address == fact.address || known.address.empty());
    });
    if (failed) return true;
    const bool has_path = fact.family == "AF_UNIX" && !fact.abstract && fact.address.starts_with('/');
    if (!has_path) return false;
    const std::string directory = base::parent_of(fact.address);
    if (fact.error == EROFS) return is_read_only(trial, directory);
    if (fact.error == EACCES) return is_closed(trial, fact.address);
    if (fact.error != ENOENT) return false;
    return !exists(trial, fact.op == AddressOp::bind ? directory : fact.address);
}

/// By systemd, or by the file of a program: who is no root has a capability by one of them only.
bool is_given(const Trial& trial, const std::string& capability) {
    const auto& ambient = list_of(trial.before, "AmbientCapabilities");
    const auto gives = [&](const ExecFact& program) { return program.file_capabilities.count(capability) != 0; };
    return std::find(ambient.begin(), ambient.end(), capability) != ambient.end() ||
           any_of<ExecFact>(trial.baseline, gives) || any_of<ExecFact>(&trial.recorded, gives);
}

bool check_fails(const Trial& trial, const CapabilityFact& check) {
    const bool granted = was_granted_before(trial, check);
    const bool refused = any_of<CapabilityFact>(trial.baseline, [&](const CapabilityFact& known) {
        return !known.granted && known.capability == check.capability && known.syscall == check.syscall &&
               known.by_root == check.by_root && known.error == check.error;
    });
    // Granted to some and refused to others, as where a master is root and its workers are not.
    if (refused && !(granted && check.by_root)) return true;
    return !check.by_root && !is_given(trial, check.capability);
}

bool call_fails(const Trial& trial, const SyscallFact& call) {
    return any_of<SyscallFact>(trial.baseline, [&](const SyscallFact& known) {
        if (known.identity() != call.identity()) return false;
        const bool same_errors =
            std::includes(known.refusals.begin(), known.refusals.end(), call.refusals.begin(), call.refusals.end());
        return (!call.refusals.empty() && same_errors) || (call.killed && known.killed);
    });
}

}  // namespace

bool was_granted_before(const Trial& trial, const CapabilityFact& check) {
    return any_of<CapabilityFact>(trial.baseline, [&](const CapabilityFact& known) {
        return known.granted && known.capability == check.capability && known.syscall == check.syscall;
    });
}

bool fails_without_candidate(const Trial& trial, const Fact& fact) {
    if (const auto* file = std::get_if<FileFact>(&fact)) return file_fails(trial, *file);
    if (const auto* move = std::get_if<MoveFact>(&fact)) return move_fails(trial, *move);
    if (const auto* address = std::get_if<AddressFact>(&fact)) return address_fails(trial, *address);
    if (const auto* check = std::get_if<CapabilityFact>(&fact)) return check_fails(trial, *check);
    if (const auto* call = std::get_if<SyscallFact>(&fact)) return call_fails(trial, *call);
    if (const auto* asked = std::get_if<CapabilityRequestFact>(&fact)) return failed_before(trial, *asked);
    if (const auto* socket = std::get_if<SocketFact>(&fact)) return failed_before(trial, *socket);
    if (const auto* request = std::get_if<RequestFact>(&fact)) return failed_before(trial, *request);
    return false;  // executions are recorded when they worked
}

}  // namespace sandfit::derive
