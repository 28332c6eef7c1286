// From the bytes of a record to what it says. Pure: nothing is looked up on the host. The bytes come
// from our own kernel programs but carry strings and addresses of the observed program, so each length
// is checked.
#ifndef SANDFIT_OBSERVE_DECODE_H
#define SANDFIT_OBSERVE_DECODE_H

#include <sandfit/fact.h>
#include <sandfit/wire.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace sandfit::observe {

/// A path that the kernel programs walked.
struct WalkedPath {
    std::string path;  ///< absolute
    bool cut = false;  ///< the front is missing: `path` is a suffix
};

struct FileRecord {
    sf_op op = SF_OP_READ;
    WalkedPath path;
    FileKind kind = FileKind::unknown;
    std::uint32_t mode = 0;  ///< permission bits
    std::uint32_t flags = 0;
    std::uint64_t gained = 0;  ///< capabilities that an executed file gave, one bit each
    std::string file_system;   ///< the type of the one that it is on: "ext4"
};

/// A user's string with the directory that it is relative to; `base` is the process's root for an absolute one.
struct StringPath {
    WalkedPath base;
    std::string string;
    bool relative = false;
    bool follow = false;
    bool walked = false;  ///< base and string are exact: the string is a name, or "" for the base itself
};

struct PathRecord {
    sf_op op = SF_OP_READ;
    StringPath first;
    std::optional<StringPath> second;
    std::uint32_t mode = 0;
};

struct Record {
    sf_header header{};
    std::variant<std::monostate, FileRecord, PathRecord, sf_capability, sf_capset, SocketFact, AddressFact, sf_request,
                 sf_missed>
        payload;
};

/// None when the bytes are no whole record.
std::optional<Record> decode(std::span<const std::byte> bytes);

/// "AF_INET"; "#44" for a family without a name.
std::string family_name(unsigned family);
std::string socket_type_name(unsigned type);
FileKind kind_of_mode(std::uint32_t mode);
FileOp file_op(sf_op op);

/// An address as the program gave it. None for an empty one.
std::optional<AddressFact> decode_address(std::span<const std::byte> sockaddr);

}  // namespace sandfit::observe

#endif
