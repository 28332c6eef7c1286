#include "derive/write_need.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <string_view>

#include "base/path.h"

namespace sandfit::derive {
namespace {

/// What an operation asks of the mount below it.
struct Demand {
    FileOp op;
    bool needs_directory;
    /// The errors that it gives on a read-only mount just the same, or that are a refusal already: an attempt that
    /// ended so is no need. Any other failure (ENOSPC, EINTR ...) could have gone well another time and is one.
    std::initializer_list<int> settled;
};

// The order in which the kernel checks (fs/namei.c, fs/open.c): the path is looked up first, so ENOENT of a parent,
// ENOTDIR, ELOOP and ENAMETOOLONG always stay; then comes the mount (EROFS), then permissions and the file system.
// EACCES and EPERM become EROFS, one refusal another. EROFS itself was refused already.
constexpr std::initializer_list<int> kAlways = {EACCES, EPERM, EROFS, ENOTDIR, ELOOP, ENAMETOOLONG, EFAULT, EBADF};

const Demand kDemands[] = {
    // A missing file without O_CREAT; a directory; a FIFO or a device without a reader behind it; a running program,
    // whose ETXTBSY the mount would only turn into another error of the same call.
    {FileOp::write, false, {ENOENT, EISDIR, ENXIO, ENODEV, ETXTBSY, EINVAL}},
    // An existing name wins over the mount: EEXIST with O_EXCL stays, EISDIR too. ENOENT: the parent is missing.
    {FileOp::create, true, {ENOENT, EEXIST, EISDIR, ENXIO, EINVAL}},
    // EOPNOTSUPP and EISDIR say "no O_TMPFILE here", and programs then fall back: EROFS would stop them.
    {FileOp::create_tmpfile, true, {ENOENT, EINVAL}},
    // filename_create() looks for an existing name before it reports the mount: EEXIST stays.
    {FileOp::make_directory, true, {ENOENT, EEXIST, EINVAL}},
    {FileOp::make_node, true, {ENOENT, EEXIST, EINVAL}},
    {FileOp::make_symlink, true, {ENOENT, EEXIST, EINVAL}},
    {FileOp::make_socket, true, {ENOENT, EEXIST, EADDRINUSE, EINVAL}},
    // Removal asks the mount before it looks the name up: ENOENT (and EISDIR, ENOTEMPTY, EBUSY) become EROFS, and
    // a program that expects "not there" meets an error instead.
    {FileOp::remove, true, {EINVAL}},
    {FileOp::remove_directory, true, {EINVAL}},
    {FileOp::truncate, false, {ENOENT, EISDIR, EINVAL, ETXTBSY}},
    {FileOp::change_mode, false, {ENOENT, EINVAL}},
    {FileOp::change_owner, false, {ENOENT, EINVAL}},
    {FileOp::change_times, false, {ENOENT, EINVAL}},
    // ENOTSUP and ENODATA are answers that programs expect and pass over; EROFS is none.
    {FileOp::change_xattr, false, {ENOENT, EINVAL}},
};

bool contains(std::initializer_list<int> errors, int error) {
    return std::find(errors.begin(), errors.end(), error) != errors.end();
}

/// Opened for writing, these never ask whether the mount is read-only.
bool is_written_past_the_mount(FileKind kind) {
    return kind == FileKind::fifo || kind == FileKind::socket || kind == FileKind::char_device ||
           kind == FileKind::block_device;
}

/// Names as paths; none when one of them is not just a name (a damaged or hostile profile).
std::vector<std::string> objects_in(const std::string& directory, const std::set<std::string>& names, bool many) {
    std::vector<std::string> objects;
    if (many) return objects;
    for (const auto& name : names) {
        if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) return {};
        objects.push_back(base::join(directory, name));
    }
    return objects;
}

bool is_placed(const std::string& directory, Resolution resolution) {
    return resolution != Resolution::cut && directory.starts_with('/') && directory.find('\0') == std::string::npos;
}

std::optional<WriteNeed> need_of_file(const FileFact& fact) {
    const auto* demand = std::find_if(std::begin(kDemands), std::end(kDemands),
                                      [&](const Demand& candidate) { return candidate.op == fact.op; });
    if (demand == std::end(kDemands)) return std::nullopt;  // read and execute
    if (fact.kind == FileKind::anonymous) return std::nullopt;
    if (fact.error != 0 && (contains(kAlways, fact.error) || contains(demand->settled, fact.error))) {
        return std::nullopt;
    }
    if (fact.op == FileOp::write && is_written_past_the_mount(fact.kind)) return std::nullopt;

    WriteNeed need;
    need.needs_directory = demand->needs_directory;
    need.placed = is_placed(fact.directory, fact.resolution);
    if (!need.placed) return need;
    need.directory = base::lexically_absolute("/", fact.directory);
    need.objects = objects_in(need.directory, fact.names, fact.many);
    need.is_directory = fact.kind == FileKind::directory;
    need.makes_directory = fact.op == FileOp::make_directory;
    return need;
}

std::optional<WriteNeed> need_of_move(const MoveFact& fact) {
    // The kernel compares the mounts before anything else: EXDEV stays EXDEV. A missing name becomes EROFS for a
    // rename, which asks the mount first; for a link ENOENT comes from the look-up of the source, and stays.
    if (fact.error != 0 && (contains(kAlways, fact.error) || fact.error == EXDEV || fact.error == EINVAL)) {
        return std::nullopt;
    }
    if (fact.op == MoveOp::link && (fact.error == ENOENT || fact.error == EEXIST)) return std::nullopt;

    WriteNeed need;
    need.needs_directory = true;
    need.placed = is_placed(fact.from_directory, fact.resolution) && is_placed(fact.to_directory, fact.resolution);
    if (!need.placed) return need;
    need.directory = base::lexically_absolute("/", fact.from_directory);
    need.second_directory = base::lexically_absolute("/", fact.to_directory);
    return need;
}

std::optional<WriteNeed> need_of_address(const AddressFact& fact) {
    // The socket file of a bind. A relative path is left to the FileFact of the same bind, which is absolute. Each
    // bind to a path gives both facts, so who has asked for files need not ask for sockets as well.
    if (fact.op != AddressOp::bind || fact.family != "AF_UNIX" || fact.abstract) return std::nullopt;
    if (!fact.address.starts_with('/')) return std::nullopt;
    FileFact socket;
    socket.op = FileOp::make_socket;
    socket.kind = FileKind::socket;
    socket.error = fact.error;
    const std::string path = base::lexically_absolute("/", fact.address);
    socket.directory = base::parent_of(path);
    socket.names = {base::last_component(path)};
    return need_of_file(socket);
}

}  // namespace

std::optional<WriteNeed> write_need(const Fact& fact) {
    if (const auto* file = std::get_if<FileFact>(&fact)) return need_of_file(*file);
    if (const auto* move = std::get_if<MoveFact>(&fact)) return need_of_move(*move);
    if (const auto* address = std::get_if<AddressFact>(&fact)) return need_of_address(*address);
    return std::nullopt;
}

}  // namespace sandfit::derive
