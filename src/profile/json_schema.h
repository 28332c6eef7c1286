// The fields of a profile file, schema 1: one table a type, used in both directions.
//
// Each fields() lists its type's fields in the order in which they are written. The first argument is a Writer
// (json_writer.h) or a Reader (json_reader.h); it takes a name, a member and how the member is told. Change nothing
// here without a new schema version: see json.cpp.
#ifndef SANDFIT_PROFILE_JSON_SCHEMA_H
#define SANDFIT_PROFILE_JSON_SCHEMA_H

#include <sandfit/profile.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace sandfit::profile {

/// Whether a field may be missing. A field that may is not written when it has the default of its type (false, 0,
/// "", the first value of the enum, an empty list): what says nothing takes no room.
enum class Need { required, optional };

/// What a string may hold. All but words are raw bytes, and told escaped (base::escape_bytes).
enum class Text {
    bytes,   ///< anything
    word,    ///< printable ASCII without blanks, quotes, backslash, percent and dollar sign; not empty
    path,    ///< absolute and normal, no NUL
    suffix,  ///< the end of a path: no NUL
    name,    ///< no slash, no NUL
};

enum class Layout {
    one_line,
    lines,  ///< each element on a line of its own
};

/// How a member is told.
struct Spec {
    Need need = Need::required;
    Text text = Text::bytes;            ///< of a string, of each string in a list, of the keys of a map
    bool octal = false;                 ///< a number as a string of octal digits: "0755"
    std::int64_t minimum = 0;           ///< of a number
    std::size_t limit = kManyElements;  ///< of a list or map
    Layout layout = Layout::one_line;

    /// More than any profile has, and few enough to hold.
    static constexpr std::size_t kManyElements = 1u << 20;
};

/// Lists that no host can make longer than this: kernel functions, syscalls, capabilities of a file.
inline constexpr std::size_t kFewElements = 1024;

/// T or const T: one function for both directions.
template <typename T, typename Plain>
concept Like = std::same_as<std::remove_const_t<T>, Plain>;

void fields(auto& io, Like<Evidence> auto& evidence) {
    io("count", evidence.count);
    io("first_us", evidence.first_us);
    io("last_us", evidence.last_us);
    io("windows", evidence.windows);
    io("executables", evidence.executables,
       {.need = Need::optional, .text = Text::suffix, .limit = Evidence::kMaxExecutables});
    io("syscalls", evidence.syscalls, {.need = Need::optional, .text = Text::word, .limit = kFewElements});
    io("assumed", evidence.assumed, {.need = Need::optional});
}

void fields(auto& io, Like<SyscallFact> auto& fact) {
    io("name", fact.name, {.text = Text::word});
    io("abi", fact.abi, {.need = Need::optional});
    io("by_unwinding", fact.by_unwinding, {.need = Need::optional});
    io("refusals", fact.refusals, {.need = Need::optional, .minimum = 1, .limit = kFewElements});
    io("killed", fact.killed, {.need = Need::optional});
}

/// A directory is as exact as its resolution, which therefore stands before it.
inline Spec directory_spec(Resolution resolution) {
    return {.text = resolution == Resolution::cut ? Text::suffix : Text::path};
}

inline constexpr Spec kFileNames = {.need = Need::optional, .text = Text::name, .limit = FileFact::kMaxNames};

void fields(auto& io, Like<FileFact> auto& fact) {
    io("op", fact.op);
    io("resolution", fact.resolution, {.need = Need::optional});
    io("directory", fact.directory, directory_spec(fact.resolution));
    io("kind", fact.kind, {.need = Need::optional});
    io("error", fact.error, {.need = Need::optional});
    io("names", fact.names, kFileNames);
    io("many", fact.many, {.need = Need::optional});
    io("modes", fact.modes, {.need = Need::optional, .octal = true});
}

void fields(auto& io, Like<MoveFact> auto& fact) {
    io("op", fact.op);
    io("resolution", fact.resolution, {.need = Need::optional});
    io("from_directory", fact.from_directory, directory_spec(fact.resolution));
    io("to_directory", fact.to_directory, directory_spec(fact.resolution));
    io("error", fact.error, {.need = Need::optional});
    io("from_names", fact.from_names, kFileNames);
    io("to_names", fact.to_names, kFileNames);
    io("many", fact.many, {.need = Need::optional});
}

void fields(auto& io, Like<CapabilityFact> auto& fact) {
    io("capability", fact.capability, {.text = Text::word});
    io("syscall", fact.syscall, {.need = Need::optional, .text = Text::word});
    io("granted", fact.granted);
    io("own_user_namespace", fact.own_user_namespace, {.need = Need::optional});
    io("use", fact.use);
    io("lack", fact.lack, {.need = Need::optional});
    io("by_root", fact.by_root, {.need = Need::optional});
    io("error", fact.error, {.need = Need::optional});
    io("callers", fact.callers, {.need = Need::optional, .limit = kFewElements});
}

void fields(auto& io, Like<CapabilityRequestFact> auto& fact) {
    io("capability", fact.capability, {.text = Text::word});
    io("ambient", fact.ambient);
    io("error", fact.error, {.need = Need::optional});
}

void fields(auto& io, Like<SocketFact> auto& fact) {
    io("family", fact.family, {.text = Text::word});
    io("type", fact.type, {.text = Text::word});
    io("protocol", fact.protocol, {.need = Need::optional, .minimum = std::numeric_limits<int>::min()});
    io("error", fact.error, {.need = Need::optional});
}

void fields(auto& io, Like<AddressFact> auto& fact) {
    io("op", fact.op);
    io("family", fact.family, {.text = Text::word});
    io("address", fact.address, {.need = Need::optional});
    io("abstract", fact.abstract, {.need = Need::optional});
    io("port", fact.port, {.need = Need::optional});
    io("error", fact.error, {.need = Need::optional});
}

void fields(auto& io, Like<ExecFact> auto& fact) {
    io("path", fact.path, {.text = Text::suffix});
    io("set_user_id", fact.set_user_id, {.need = Need::optional});
    io("set_group_id", fact.set_group_id, {.need = Need::optional});
    io("by_systemd", fact.by_systemd, {.need = Need::optional});
    io("file_capabilities", fact.file_capabilities,
       {.need = Need::optional, .text = Text::word, .limit = kFewElements});
}

void fields(auto& io, Like<RequestFact> auto& fact) {
    io("request", fact.request);
    io("value", fact.value, {.text = Text::word});
    io("error", fact.error, {.need = Need::optional});
}

void fields(auto& io, Like<FileSystemFact> auto& fact) {
    io("type", fact.type);
}

void fields(auto& io, Like<HostIdentity> auto& host) {
    io("kernel", host.kernel);
    io("architecture", host.architecture);
    io("libc", host.libc);
    io("os", host.os);
    io("systemd", host.systemd);
    io("links", host.links, {.need = Need::optional, .text = Text::path});
}

void fields(auto& io, Like<Run> auto& run) {
    io("started_us", run.started_us);
    io("ended_us", run.ended_us);
    io("how", run.how);
    io("workload", run.workload, {.need = Need::optional});
    io("workload_status", run.workload_status, {.need = Need::optional});
    io("complete", run.complete);
}

void fields(auto& io, Like<SubjectCoverage> auto& subject) {
    io("watched", subject.watched);
    io("mechanism", subject.mechanism, {.need = Need::optional});
    io("blind_spots", subject.blind_spots, {.need = Need::optional});
}

void fields(auto& io, Like<Coverage> auto& coverage) {
    io("subjects", coverage.subjects, {.layout = Layout::lines});
    io("phases", coverage.phases);
    // Required, unlike other lists: "nothing was lost" must be said, not left out.
    io("losses", coverage.losses, {.minimum = 1});
    io("retries", coverage.retries);
}

void fields(auto& io, Like<DirectoryState> auto& directory) {
    io("exists", directory.exists);
    io("existed_before", directory.existed_before);
    io("mode", directory.mode, {.octal = true});
    io("owner", directory.owner);
    io("group", directory.group);
    io("private_to_unit", directory.private_to_unit, {.need = Need::optional});
    io("file_system", directory.file_system, {.need = Need::optional});
}

void fields(auto& io, Like<Peak> auto& peak) {
    io("value", peak.value);
    io("sources", peak.sources, {.limit = kFewElements});
}

/// All of a profile but the version in front of it.
void fields(auto& io, Like<Profile> auto& profile) {
    io("unit", profile.unit);
    io("tool_version", profile.tool_version);
    io("host", profile.host, {.layout = Layout::lines});
    io("runs", profile.runs, {.layout = Layout::lines});
    io("coverage", profile.coverage, {.layout = Layout::lines});
    io("settings", profile.settings.values, {.layout = Layout::lines});
    io.facts("facts", profile.facts);
    io("directories", profile.directories, {.text = Text::path, .layout = Layout::lines});
    io("peaks", profile.peaks, {.need = Need::optional, .layout = Layout::lines});
}

}  // namespace sandfit::profile

#endif
