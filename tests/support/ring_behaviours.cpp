// What a program does without a system call of its own: through io_uring, or by what it had before it was observed.
#include "support/behave.h"

#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/stat.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace sandfit::tests {
namespace {

/// A ring of a few entries, one request at a time.
class Ring {
public:
    bool open() {
        io_uring_params parameters{};
        fd_ = static_cast<int>(::syscall(SYS_io_uring_setup, 4, &parameters));
        if (fd_ < 0) return false;
        const auto map = [this](std::size_t size, std::uint64_t offset) {
            void* where = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_,
                                 static_cast<off_t>(offset));
            must(where == MAP_FAILED ? -1 : 0, "mmap");
            return static_cast<char*>(where);
        };
        char* submissions = map(parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
        completions_ = map(parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
        entries_ = reinterpret_cast<io_uring_sqe*>(map(parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
        tail_ = reinterpret_cast<unsigned*>(submissions + parameters.sq_off.tail);
        array_ = reinterpret_cast<unsigned*>(submissions + parameters.sq_off.array);
        mask_ = *reinterpret_cast<unsigned*>(submissions + parameters.sq_off.ring_mask);
        offsets_ = parameters.cq_off;
        return true;
    }

    /// The result of one request; `flags` of the request, such as IOSQE_ASYNC.
    int run(unsigned opcode, int fd, const void* address, unsigned length, std::uint64_t offset, unsigned op_flags,
            unsigned flags = 0) {
        submit(opcode, fd, address, length, offset, op_flags, flags, 1);
        auto* head = reinterpret_cast<unsigned*>(completions_ + offsets_.head);
        const unsigned mask = *reinterpret_cast<unsigned*>(completions_ + offsets_.ring_mask);
        const auto* all = reinterpret_cast<io_uring_cqe*>(completions_ + offsets_.cqes);
        const int result = all[*head & mask].res;
        __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
        return result;
    }

    /// One request, and waits for so many completions; none is taken out.
    void submit(unsigned opcode, int fd, const void* address, unsigned length, std::uint64_t offset, unsigned op_flags,
                unsigned flags, unsigned wait) {
        const unsigned tail = *tail_;
        io_uring_sqe& entry = entries_[tail & mask_];
        std::memset(&entry, 0, sizeof(entry));
        entry.opcode = static_cast<__u8>(opcode);
        entry.flags = static_cast<__u8>(flags);
        entry.fd = fd;
        entry.addr = reinterpret_cast<std::uintptr_t>(address);
        entry.len = length;
        entry.off = offset;
        entry.open_flags = op_flags;
        array_[tail & mask_] = tail & mask_;
        __atomic_store_n(tail_, tail + 1, __ATOMIC_RELEASE);
        must(::syscall(SYS_io_uring_enter, fd_, 1, wait, IORING_ENTER_GETEVENTS, nullptr, 0), "io_uring_enter");
    }

private:
    int fd_ = -1;
    char* completions_ = nullptr;
    io_uring_sqe* entries_ = nullptr;
    unsigned* tail_ = nullptr;
    unsigned* array_ = nullptr;
    unsigned mask_ = 0;
    io_cqring_offsets offsets_{};
};

std::uint64_t as_offset(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

int by_ring(const std::string& dir) {
    Ring ring;
    if (!ring.open()) return kCannot;
    const std::string created = dir + "/created", absent = dir + "/absent/file", async = dir + "/async";
    const int fd = ring.run(IORING_OP_OPENAT, AT_FDCWD, created.c_str(), 0644, 0, O_CREAT | O_WRONLY | O_CLOEXEC);
    if (fd == -EINVAL) return kCannot;
    must(fd, "open by a ring");
    must(ring.run(IORING_OP_OPENAT, AT_FDCWD, async.c_str(), 0644, 0, O_CREAT | O_WRONLY | O_CLOEXEC, IOSQE_ASYNC),
         "open by a worker of a ring");
    if (ring.run(IORING_OP_OPENAT, AT_FDCWD, absent.c_str(), 0, 0, O_RDONLY) != -ENOENT) return 1;
    struct statx status {};
    must(ring.run(IORING_OP_STATX, AT_FDCWD, created.c_str(), STATX_SIZE, as_offset(&status), 0), "statx by a ring");
    ring.run(IORING_OP_SOCKET, AF_INET, nullptr, 0, SOCK_DGRAM, 0);  // since 5.19
    return 0;
}

int changes_by_ring(const std::string& dir) {
    Ring ring;
    if (!ring.open()) return kCannot;
    const std::string created = dir + "/created", made = dir + "/made", moved = dir + "/moved",
                      linked = dir + "/linked";
    const std::string link = dir + "/link";
    touch(created);
    const int done = ring.run(IORING_OP_MKDIRAT, AT_FDCWD, made.c_str(), 0755, 0, 0);
    if (done == -EINVAL) return kCannot;  // before 5.15
    must(done, "mkdir by a ring");
    must(ring.run(IORING_OP_RENAMEAT, AT_FDCWD, made.c_str(), static_cast<unsigned>(AT_FDCWD),
                  as_offset(moved.c_str()), 0),
         "rename by a ring");
    must(ring.run(IORING_OP_LINKAT, AT_FDCWD, created.c_str(), static_cast<unsigned>(AT_FDCWD),
                  as_offset(linked.c_str()), 0),
         "link by a ring");
    must(ring.run(IORING_OP_SYMLINKAT, AT_FDCWD, "target", 0, as_offset(link.c_str()), 0), "symlink by a ring");
    must(ring.run(IORING_OP_UNLINKAT, AT_FDCWD, linked.c_str(), 0, 0, 0), "unlink by a ring");
    return 0;
}

// More completions than their queue holds (8), which are taken out by nobody.
int overfills_ring(const std::string& dir) {
    Ring ring;
    if (!ring.open()) return kCannot;
    const std::string first = dir + "/d";
    const int done = ring.run(IORING_OP_MKDIRAT, AT_FDCWD, first.c_str(), 0755, 0, 0);
    if (done == -EINVAL) return kCannot;  // before 5.15
    for (int i = 0; i < 12; ++i) {
        const std::string path = first + std::to_string(i);
        ring.submit(IORING_OP_MKDIRAT, AT_FDCWD, path.c_str(), 0755, 0, 0, 0, 0);
        while (::access(path.c_str(), F_OK) != 0) ::usleep(1000);
    }
    return 0;
}

// A change of a file by a call that is not known to make one.
int changes_by_ioctl(const std::string& dir) {
    const std::string path = dir + "/flagged";
    touch(path);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    must(fd, "open");
    int flags = FS_NODUMP_FL;
    // asks for write access, also where the file system then has no flags
    for (int i = 0; i < 3; ++i) ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
    return 0;
}

// Opens files, says so by a file of its own, and waits to be told to end.
int holds_files_open(const std::string& dir) {
    must(::open((dir + "/log").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644), "open");
    must(::open((dir + "/data").c_str(), O_RDONLY | O_CLOEXEC), "open");
    touch(dir + "/ready");
    for (int i = 0; i < 1500 && ::access((dir + "/end").c_str(), F_OK) != 0; ++i) ::usleep(20'000);
    return 0;
}

}  // namespace

const Behaviours& ring_behaviours() {
    static const Behaviours all = {
        {"by_ring", by_ring},
        {"changes_by_ioctl", changes_by_ioctl},
        {"changes_by_ring", changes_by_ring},
        {"holds_files_open", holds_files_open},
        {"overfills_ring", overfills_ring},
    };
    return all;
}

}  // namespace sandfit::tests
