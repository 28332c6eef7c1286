// The words by which a profile file calls the values of enums; what is shown to people uses them, too.
#ifndef SANDFIT_PROFILE_NAMES_H
#define SANDFIT_PROFILE_NAMES_H

#include <sandfit/coverage.h>
#include <sandfit/fact.h>
#include <sandfit/profile.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace sandfit::profile {

/// The names of an enum's values, in the order of its values. Names are part of the file format: never changed,
/// only added.
template <typename Enum>
inline constexpr std::array<std::string_view, 0> kNames{};

template <>
inline constexpr auto kNames<Subject> = std::to_array<std::string_view>({"syscalls", "files", "capabilities",
                                                                         "sockets", "executions", "requests",
                                                                         "refusals"});

template <>
inline constexpr auto kNames<Phase> = std::to_array<std::string_view>({"start", "reload", "stop"});

template <>
inline constexpr auto kNames<Abi> = std::to_array<std::string_view>({"native", "compat"});

template <>
inline constexpr auto kNames<FileOp> = std::to_array<std::string_view>({"read", "write", "create", "create_tmpfile",
                                                                        "make_directory", "make_node", "make_socket",
                                                                        "make_symlink", "remove", "remove_directory",
                                                                        "truncate", "change_mode", "change_owner",
                                                                        "change_times", "change_xattr", "execute",
                                                                        "look", "map"});

template <>
inline constexpr auto kNames<FileKind> = std::to_array<std::string_view>({"unknown", "regular", "directory",
                                                                          "symlink", "fifo", "socket", "char_device",
                                                                          "block_device", "anonymous"});

template <>
inline constexpr auto kNames<Resolution> = std::to_array<std::string_view>({"walked", "resolved", "lexical", "cut"});

template <>
inline constexpr auto kNames<MoveOp> = std::to_array<std::string_view>({"rename", "exchange", "link"});

template <>
inline constexpr auto kNames<CapabilityUse> = std::to_array<std::string_view>({"need", "probe", "unclassified"});

template <>
inline constexpr auto kNames<CapabilityLack> = std::to_array<std::string_view>({"none", "not_held", "not_in_bounds",
                                                                                "other_namespace"});

template <>
inline constexpr auto kNames<Request> = std::to_array<std::string_view>({"writable_code", "namespace",
                                                                         "personality", "scheduling"});

template <>
inline constexpr auto kNames<AddressOp> = std::to_array<std::string_view>({"bind", "connect", "send"});

template <>
inline constexpr auto kNames<Used> = std::to_array<std::string_view>({"tasks", "tasks_of_user", "open_files",
                                                                      "locked_bytes", "resident_bytes"});

// Each table is as long as its enum, as far as the last enumerator that is named here.
template <typename Enum>
constexpr bool names_end_with(Enum last) {
    return kNames<Enum>.size() == static_cast<std::size_t>(last) + 1;
}
static_assert(names_end_with(Subject::refusals));
static_assert(names_end_with(Phase::stop));
static_assert(names_end_with(Abi::compat));
static_assert(names_end_with(FileOp::map));
static_assert(names_end_with(FileKind::anonymous));
static_assert(names_end_with(Resolution::cut));
static_assert(names_end_with(MoveOp::link));
static_assert(names_end_with(CapabilityUse::unclassified));
static_assert(names_end_with(CapabilityLack::other_namespace));
static_assert(names_end_with(AddressOp::send));
static_assert(names_end_with(Request::scheduling));
static_assert(names_end_with(Used::resident_bytes));

template <typename Enum>
requires std::is_enum_v<Enum>
constexpr std::string_view name_of(Enum value) {
    static_assert(!kNames<Enum>.empty(), "an enum without a table of names");
    assert(static_cast<std::size_t>(value) < kNames<Enum>.size());
    return kNames<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace sandfit::profile

#endif
