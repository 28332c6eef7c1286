// The settings of a service that its files decide: how each is written, and what holds when no file sets it. A table,
// made from systemd's own (load-fragment-gperf.gperf) and checked by tests against running systemds.
#ifndef SANDFIT_SYSTEMD_UNIT_DIRECTIVES_H
#define SANDFIT_SYSTEMD_UNIT_DIRECTIVES_H

#include <span>
#include <string_view>

namespace sandfit::systemd {

enum class SettingKind {
    flag,             ///< yes or no
    flag_or_default,  ///< the same; the empty assignment takes it back
    word,             ///< one of `words`
    text,             ///< all that stands there; the empty assignment takes it back
    label,            ///< the same, with a "-" in front where its absence is forgiven
    path,             ///< one absolute path
    paths,            ///< a list of them, with "-" and "+" in front
    colon_paths,      ///< a list of them, separated by colons
    names,            ///< a list of words
    plain_names,      ///< the same, without quotes
    variables,        ///< NAME=VALUE; a later one of the same name replaces
    file_list,        ///< one path an assignment, with "-" in front
    mode,             ///< octal
    number,           ///< unsigned
    signed_number,
    duration,           ///< seconds when there is no unit
    duration_or_never,  ///< and 0 means for ever
    limit_count,        ///< Limit*=, "SOFT:HARD"
    limit_size,
    limit_seconds,
    limit_microseconds,
    limit_nice,
    memory,  ///< bytes, "infinity"; the empty assignment takes it back
    tasks,
    weight,
    numbered_word,  ///< a word that systemd keeps as a number: `words` has pairs "word=number"
    signal,
    commands,     ///< Exec*=
    directories,  ///< StateDirectory= and its like
    working_directory,
    bind_mounts,
    temporary_file_systems,
    standard_stream,
    capabilities,
    syscalls,
    architectures,
    error_number,
    address_families,
    namespaces,
    file_systems,
    interfaces,
    devices,
    addresses,
    ports,
    controllers,  ///< Delegate=
    mount_propagation,
    slice,
    unread,  ///< not understood here: setting it makes it unknown
    untold,  ///< systemd does not tell of it in a form that we keep
};

struct DirectiveSpec {
    std::string_view name;  ///< as files have it
    SettingKind kind;
    /// In a unit that does not set it: its items with blanks between, "" for none, "?" where that depends on the host
    /// or on the manager's own settings (system.conf), and so is not known from the unit's files.
    std::string_view standing;
    std::string_view words = "";     ///< see SettingKind
    std::string_view property = "";  ///< as systemd reports it, where that differs
    int since = 0;                   ///< the first systemd that reads it so
    int until = 0;                   ///< the first that does not any more; 0: all
    std::string_view section = "Service";

    [[nodiscard]] std::string_view reported_as() const { return property.empty() ? name : property; }
    /// `version` 0: not known, taken for the newest.
    [[nodiscard]] bool holds_for(int version) const {
        return version == 0 ? until == 0 : version >= since && (until == 0 || version < until);
    }
};

/// A setting may have several rows: other names for it, and how other versions of systemd read it.
std::span<const DirectiveSpec> unit_directives();

}  // namespace sandfit::systemd

#endif
