// The facts: each is one thing that a unit was seen to do.
//
// A fact type has two sorts of members. Those under "identity" say which fact it is: two facts
// with equal identities are one fact seen twice. Those under "merged" grow as it is seen again.
// Every string that came from the observed program (paths, names) is raw bytes: it may hold a
// newline, a quote, or no valid UTF-8. Escaping is the business of who writes it out.
#ifndef SANDFIT_FACT_H
#define SANDFIT_FACT_H

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <variant>

namespace sandfit {

/// What makes a fact believable.
struct Evidence {
    std::uint64_t count = 0;    ///< occurrences; for syscalls a floor: one for each window in which it was seen
    std::int64_t first_us = 0;  ///< first seen, microseconds since 1970
    std::int64_t last_us = 0;   ///< last seen; for repeated facts as exact as the checkpoint interval
    std::uint32_t windows = 0;  ///< in how many checkpoint windows it was seen
    std::set<std::string> executables;  ///< by which programs (paths, raw bytes); at most kMaxExecutables
    std::set<std::string> syscalls;     ///< inside which syscalls, by name
    /// It was never seen to work: a sandbox that was tried refused it, and it is taken as if it had not.
    bool assumed = false;

    static constexpr std::size_t kMaxExecutables = 16;
    bool operator==(const Evidence&) const = default;
};

/// Of which ABI a syscall was: the machine's own, or a compatibility one (int 0x80, x32, 32-bit ARM).
enum class Abi { native, compat };

/// A syscall was attempted; whether it succeeded does not matter to a filter.
struct SyscallFact {
    // identity
    std::string name;  ///< libseccomp's name; "#463" for a number that libseccomp does not know
    Abi abi = Abi::native;
    // merged
    bool by_unwinding = false;  ///< seen only as the call in which a task ended (exit_group, or killed while blocked)
    std::set<int> refusals = {};  ///< errnos with which a seccomp filter refused it; known where Observer was asked
    bool killed = false;        ///< a seccomp filter ended the process for it (SIGSYS)

    auto identity() const { return std::tie(name, abi); }
    bool operator==(const SyscallFact&) const = default;
};

/// What was done to a file or in a directory.
enum class FileOp {
    read,           ///< opened for reading only
    write,          ///< opened for writing, or for reading and writing
    create,         ///< a regular file came into being (open with O_CREAT)
    create_tmpfile, ///< O_TMPFILE: `directory` is where the nameless file lives
    make_directory,
    make_node,      ///< mknod: FIFO, device, socket or file; see `kind`
    make_socket,    ///< bind(2) of an AF_UNIX path
    make_symlink,
    remove,         ///< unlink
    remove_directory,
    truncate,       ///< truncate(2) by path (ftruncate needs a writable descriptor, seen as `write`)
    change_mode,
    change_owner,
    change_times,
    change_xattr,
    execute,
    look,           ///< looked up without being opened (stat, access, readlink, chdir), or opened for reading in vain
    map,            ///< mapped executable: a library, a plug-in
};

enum class FileKind { unknown, regular, directory, symlink, fifo, socket, char_device, block_device, anonymous };

/// How far a path can be trusted.
enum class Resolution {
    walked,    ///< by the kernel programs from dentry and mounts: exact
    resolved,  ///< from the program's own string, symbolic links followed inside its mount namespace
    lexical,   ///< from the string alone: no process of that mount namespace was left to ask
    cut,       ///< longer or deeper than the programs follow: the front is missing, `directory` is a suffix
};

/// A file access. One fact a directory and operation, with a few names: a million temporary files are one fact.
struct FileFact {
    // identity
    FileOp op = FileOp::read;
    std::string directory;  ///< absolute, as the unit's mount namespace shows it; no trailing slash but for "/"; of
                            ///< a process "/proc/self" when it is the one that acts, "/proc/[pid]" when another
    FileKind kind = FileKind::unknown;
    int error = 0;  ///< 0, or the errno with which it failed
    // merged
    std::set<std::string> names;  ///< names in `directory`, at most kMaxNames
    bool many = false;            ///< there were more names than `names` holds
    Resolution resolution = Resolution::walked;  ///< the weakest of what was merged
    std::uint32_t modes = 0;      ///< permission bits seen, or-ed (of the file; of the wish for make_*, change_mode)

    static constexpr std::size_t kMaxNames = 8;
    auto identity() const { return std::tie(op, directory, kind, error); }
    bool operator==(const FileFact&) const = default;
};

enum class MoveOp { rename, exchange, link };

/// A rename or a hard link: it needs both directories, and both below one mount.
struct MoveFact {
    // identity
    MoveOp op = MoveOp::rename;
    std::string from_directory;
    std::string to_directory;
    int error = 0;
    // merged
    std::set<std::string> from_names;  ///< at most FileFact::kMaxNames
    std::set<std::string> to_names;
    bool many = false;
    Resolution resolution = Resolution::walked;

    auto identity() const { return std::tie(op, from_directory, to_directory, error); }
    bool operator==(const MoveFact&) const = default;
};

/// Whether a capability check asked for something, or only looked.
enum class CapabilityUse {
    need,          ///< a check whose refusal fails the operation
    probe,         ///< a look without audit, for accounting or for information: no need
    unclassified,  ///< the stack of the check could not be read: treated as a need
};

/// Why a capability check was refused.
enum class CapabilityLack {
    none,             ///< it was granted, or it is not known why
    not_held,         ///< the task did not have it, though it could: a plain user, or one that dropped it
    not_in_bounds,    ///< it is missing from the task's bounding set: nobody could have it there
    other_namespace,  ///< the task lives in a user namespace that is not the one that was asked about, nor above it
};

struct CapabilityFact {
    // identity
    std::string capability;  ///< "CAP_NET_BIND_SERVICE"
    std::string syscall;     ///< inside which syscall; "" when outside of any (page fault, kernel thread)
    bool granted = false;
    bool own_user_namespace = false;  ///< checked against a user namespace below the initial one of the host
    CapabilityUse use = CapabilityUse::need;
    CapabilityLack lack = CapabilityLack::none;
    bool by_root = false;  ///< refused to effective user 0 of the host, who has them all where nothing takes them
    int error = 0;         ///< refused: with what its syscall then failed; 0 when it went well, or never came back
    // merged
    std::set<std::string> callers;  ///< kernel functions that asked, nearest caller of the check proper

    auto identity() const {
        return std::tie(capability, syscall, granted, own_user_namespace, use, lack, by_root, error);
    }
    bool operator==(const CapabilityFact&) const = default;
};

/// The program itself set its capabilities: what it asks for must stay in the bounding set.
struct CapabilityRequestFact {
    /// The whole bounding set, and that is nearly all that there are: what capget(2) returned was written back.
    static constexpr const char* kAll = "all";

    // identity
    std::string capability;  ///< or kAll
    bool ambient = false;  ///< prctl(PR_CAP_AMBIENT_RAISE); otherwise capset(2)
    int error = 0;

    auto identity() const { return std::tie(capability, ambient, error); }
    bool operator==(const CapabilityRequestFact&) const = default;
};

struct SocketFact {
    // identity
    std::string family;  ///< "AF_INET"; "#44" for a family without a name
    std::string type;    ///< "SOCK_STREAM", without the flags
    int protocol = 0;
    int error = 0;

    auto identity() const { return std::tie(family, type, protocol, error); }
    bool operator==(const SocketFact&) const = default;
};

enum class AddressOp { bind, connect, send };

/// An address was bound, connected to, or sent to.
struct AddressFact {
    // identity
    AddressOp op = AddressOp::bind;
    std::string family;
    std::string address;  ///< "127.0.0.1", "::1"; AF_UNIX: the absolute path, or the abstract name without its NUL;
                          ///< "" for connect and send: more addresses than are told apart, or none (netlink)
    bool abstract = false;///< AF_UNIX: `address` is an abstract name
    std::uint32_t port = 0;  ///< AF_INET, AF_INET6; bind to 0 lets the kernel choose
    int error = 0;

    auto identity() const { return std::tie(op, family, address, abstract, port, error); }
    bool operator==(const AddressFact&) const = default;
};

/// What a call asked for by its arguments, where a directive forbids some values of them.
enum class Request {
    writable_code,  ///< memory that is writable and executable, or becomes executable; `value` is the call
    namespace_,     ///< a namespace made or joined; `value` as in RestrictNamespaces=, "any" for setns(fd, 0)
    personality,    ///< an execution domain; `value` is the number, "0x40000"
    scheduling,     ///< a scheduling policy; `value` is its name, "SCHED_FIFO", with "|SCHED_RESET_ON_FORK" where asked
};

struct RequestFact {
    // identity
    Request request = Request::writable_code;
    std::string value;
    int error = 0;

    auto identity() const { return std::tie(request, value, error); }
    bool operator==(const RequestFact&) const = default;
};

/// A program was executed.
struct ExecFact {
    // identity
    std::string path;  ///< the file that the kernel loaded (for a script: its interpreter)
    // merged
    bool set_user_id = false;
    bool set_group_id = false;
    bool by_systemd = false;  ///< the first program of an Exec*= line, as well as any later ones
    std::set<std::string> file_capabilities;  ///< "CAP_NET_RAW": what the file itself grants

    auto identity() const { return std::tie(path); }
    bool operator==(const ExecFact&) const = default;
};

/// Files of a file system of this type were opened, executed or mapped.
struct FileSystemFact {
    // identity
    std::string type;  ///< the kernel's name of it: "ext4", "proc"; "pipefs" for a pipe opened by /proc/self/fd

    auto identity() const { return std::tie(type); }
    bool operator==(const FileSystemFact&) const = default;
};

using Fact = std::variant<SyscallFact, FileFact, MoveFact, CapabilityFact, CapabilityRequestFact, SocketFact,
                          AddressFact, ExecFact, RequestFact, FileSystemFact>;

}  // namespace sandfit

#endif
