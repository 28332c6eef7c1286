#include "observe/translate.h"

#include "observe/resolve.h"
#include "observe/syscall_table.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <sstream>

namespace sandfit::observe {
namespace {

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The numbers of a process in the pid namespaces that it is in, as its own /proc may show it.
std::set<std::string> numbers_of(std::uint32_t pid) {
    std::set<std::string> numbers = {std::to_string(pid)};
    const auto status = base::read_file(fmt::format("/proc/{}/status", pid));
    if (!status) return numbers;
    constexpr std::string_view kField = "\nNSpid:";
    const std::size_t field = status->find(kField);
    if (field == std::string::npos) return numbers;
    const std::size_t begin = field + kField.size();
    std::istringstream line(status->substr(begin, status->find('\n', begin) - begin));
    for (std::string number; line >> number;) numbers.insert(number);
    return numbers;
}

// Process and thread numbers mean nothing to the next run: "/proc/812/task/813" -> "/proc/[pid]/task/[tid]", or
// "/proc/self/task/[tid]" when `is_own` says so of the process's number.
void generalise_proc(std::string& directory, std::string& name, const std::function<bool(std::string_view)>& is_own) {
    if (!base::is_at_or_below(directory, "/proc")) return;
    const std::string whole = base::join(directory, name);
    std::string out = "/proc";
    std::string_view rest = std::string_view(whole).substr(std::min<std::size_t>(whole.size(), out.size()));
    std::string_view before;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view part = rest.substr(0, end);
        out += '/';
        if (is_number(part) && before.empty()) out += is_own(part) ? "self" : "[pid]";
        else if (part == "thread-self" && before.empty()) out += "self/task/[tid]";
        else if (is_number(part) && before == "task") out += "[tid]";
        else out += part;
        before = part;
        rest.remove_prefix(end);
    }
    if (name.empty()) {
        directory = out;
        return;
    }
    directory = base::parent_of(out);
    name = base::last_component(out);
}

std::set<std::string> file_capabilities(const std::string& path) {
    std::set<std::string> out;
    cap_t found = cap_get_file(path.c_str());
    if (found == nullptr) return out;
    for (unsigned capability = 0; capability <= CAP_LAST_CAP; ++capability) {
        for (const cap_flag_t flag : {CAP_PERMITTED, CAP_INHERITABLE}) {
            cap_flag_value_t value = CAP_CLEAR;
            if (cap_get_flag(found, static_cast<cap_value_t>(capability), flag, &value) == 0 && value == CAP_SET) {
                out.insert(capability_name(capability));
            }
        }
    }
    cap_free(found);
    return out;
}

// Names as in RestrictNamespaces=, systemd.exec(5).
constexpr std::array<std::pair<std::uint64_t, const char*>, 9> kNamespaces{{{SF_ANY_NAMESPACE, "any"},
                                                                             {CLONE_NEWTIME, "time"},
                                                                             {CLONE_NEWNS, "mnt"},
                                                                             {CLONE_NEWCGROUP, "cgroup"},
                                                                             {CLONE_NEWUTS, "uts"},
                                                                             {CLONE_NEWIPC, "ipc"},
                                                                             {CLONE_NEWUSER, "user"},
                                                                             {CLONE_NEWPID, "pid"},
                                                                             {CLONE_NEWNET, "net"}}};

std::string policy_name(std::uint64_t policy) {
    if ((policy & SCHED_RESET_ON_FORK) != 0) {
        return policy_name(policy & ~std::uint64_t{SCHED_RESET_ON_FORK}) + "|SCHED_RESET_ON_FORK";
    }
    switch (policy) {
        case SCHED_OTHER: return "SCHED_OTHER";
        case SCHED_FIFO: return "SCHED_FIFO";
        case SCHED_RR: return "SCHED_RR";
        case SCHED_BATCH: return "SCHED_BATCH";
        case SCHED_IDLE: return "SCHED_IDLE";
        case SCHED_DEADLINE: return "SCHED_DEADLINE";
        default: return fmt::format("#{}", policy);
    }
}

// Where the kernel asks its security modules about an open file, and systemd about its file system. A descriptor
// that came from elsewhere is never asked about, but one that is mapped was opened, seen or not.
bool is_open(const FileRecord& file) {
    // Made without being opened: pidfds of kernels before 6.9, and much else that has no file behind it.
    if (file.file_system == "anon_inodefs") return false;
    return file.op <= SF_OP_CREATE_TMPFILE || file.op == SF_OP_EXECUTE || file.op == SF_OP_MAP;
}

// Calls in which nothing can be asked of CAP_SYS_ADMIN but memory accounting: no stack is needed again.
bool only_accounts_memory(std::string_view capability, const std::string& syscall) {
    static const std::set<std::string> calls = {"", "mmap", "mmap2", "brk", "mremap", "munmap", "mprotect"};
    return capability == "CAP_SYS_ADMIN" && calls.count(syscall) != 0;
}

}  // namespace

std::string capability_name(unsigned capability) {
    char* name = cap_to_name(static_cast<cap_value_t>(capability));
    if (name == nullptr) return fmt::format("#{}", capability);
    std::string out(name);
    cap_free(name);
    if (is_number(out)) return "#" + out;
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
    return out;
}

std::string Translator::executable_of(const sf_header& header) {
    if (header.exe_inode == 0) return "";
    const std::pair<std::uint32_t, std::uint64_t> key{header.exe_device, header.exe_inode};
    if (const auto known = executables_.find(key); known != executables_.end()) return known->second;
    if (header.pid == 0) return "";
    std::array<char, 4096> text{};
    const ssize_t n = ::readlink(fmt::format("/proc/{}/exe", header.pid).c_str(), text.data(), text.size());
    if (n <= 0) return "";
    return executables_[key] = std::string(text.data(), static_cast<std::size_t>(n));
}

void Translator::add_file(const Record& record, const FileRecord& file, Translation& out) {
    if ((file.flags & SF_FLAG_INTERNAL) == 0) add_path_of_file(record, file, out);
    if (record.header.key.error != 0 || !is_open(file) || file.file_system.empty()) return;
    out.facts.emplace_back(FileSystemFact{file.file_system});
}

void Translator::add_path_of_file(const Record& record, const FileRecord& file, Translation& out) {
    ResolvedPath path = split_walked(file.path, file.kind);
    if (file.op == SF_OP_EXECUTE && record.header.key.error == 0) {
        ExecFact fact;
        fact.path = file.path.path;
        fact.set_user_id = (file.mode & S_ISUID) != 0;
        // Without the group's execute bit S_ISGID once meant mandatory locking: no set-group-ID program.
        fact.set_group_id = (file.mode & S_ISGID) != 0 && (file.mode & S_IXGRP) != 0;
        fact.by_systemd = (file.flags & SF_FLAG_FIRST_EXEC) != 0;
        if (record.header.pid != 0)
            fact.file_capabilities = file_capabilities(fmt::format("/proc/{}/exe", record.header.pid));
        for (unsigned capability = 0; capability <= CAP_LAST_CAP; ++capability) {
            if ((file.gained >> capability & 1) != 0) fact.file_capabilities.insert(capability_name(capability));
        }
        executables_[{record.header.exe_device, record.header.exe_inode}] = fact.path;
        out.executable = fact.path;
        out.facts.emplace_back(std::move(fact));
        return;
    }
    FileFact fact;
    fact.op = file_op(file.op);
    fact.kind = file.kind;
    fact.error = record.header.key.error;
    fact.modes = file.mode;
    fact.resolution = path.resolution;
    if (file.op == SF_OP_CREATE_TMPFILE) path.name.clear();  // "#1234": it never had one
    const bool other = (file.flags & SF_FLAG_OTHER_PROCESS) != 0;
    generalise_proc(path.directory, path.name, [other](std::string_view) { return !other; });
    fact.directory = path.directory;
    if (!path.name.empty()) fact.names.insert(path.name);
    out.facts.emplace_back(std::move(fact));
}

void Translator::add_path(const Record& record, const PathRecord& path, Translation& out) {
    std::vector<pid_t> processes;
    if (record.header.pid != 0) processes.push_back(static_cast<pid_t>(record.header.pid));
    const auto others = processes_(record.header.unit);
    processes.insert(processes.end(), others.begin(), others.end());
    const int error = record.header.key.error;
    const auto followed = [&processes, &record](const StringPath& one) {
        return one.walked ? walked(one) : resolve(one, processes, record.header.mount_ns);
    };
    ResolvedPath first = followed(path.first);
    if (path.first.walked) first.kind = kind_of_mode(path.mode);

    if (path.second) {
        const ResolvedPath second = followed(*path.second);
        MoveFact fact;
        fact.op = path.op == SF_OP_LINK ? MoveOp::link : path.op == SF_OP_EXCHANGE ? MoveOp::exchange : MoveOp::rename;
        fact.from_directory = first.directory;
        fact.to_directory = second.directory;
        fact.error = error;
        if (!first.name.empty()) fact.from_names.insert(first.name);
        if (!second.name.empty()) fact.to_names.insert(second.name);
        fact.resolution = std::max(first.resolution, second.resolution);
        out.facts.emplace_back(std::move(fact));
        return;
    }
    if (path.op == SF_OP_MAKE_SOCKET || path.op == SF_OP_CONNECT || path.op == SF_OP_SEND) {
        AddressFact address;
        address.op = path.op == SF_OP_MAKE_SOCKET ? AddressOp::bind
                     : path.op == SF_OP_CONNECT   ? AddressOp::connect
                                                  : AddressOp::send;
        address.family = "AF_UNIX";
        address.address = base::join(first.directory, first.name);
        address.error = error;
        out.facts.emplace_back(std::move(address));
        if (path.op != SF_OP_MAKE_SOCKET) return;
    }
    generalise_proc(first.directory, first.name, [&record](std::string_view number) {
        return numbers_of(record.header.pid).count(std::string(number)) != 0;
    });
    FileFact fact;
    fact.op = file_op(path.op);
    fact.directory = first.directory;
    if (path.op == SF_OP_CREATE_TMPFILE) fact.directory = base::join(first.directory, first.name);
    else if (!first.name.empty()) fact.names.insert(first.name);
    fact.error = error;
    fact.resolution = first.resolution;
    fact.modes = path.mode & 07777;
    switch (path.op) {
        case SF_OP_MAKE_DIRECTORY:
        case SF_OP_REMOVE_DIRECTORY: fact.kind = FileKind::directory; break;
        case SF_OP_MAKE_SYMLINK: fact.kind = FileKind::symlink; break;
        case SF_OP_MAKE_SOCKET: fact.kind = FileKind::socket; break;
        case SF_OP_MAKE_NODE:
            fact.kind = (path.mode & S_IFMT) == 0 ? FileKind::regular : kind_of_mode(path.mode);
            break;
        case SF_OP_CREATE_TMPFILE: fact.kind = FileKind::regular; break;
        case SF_OP_REMOVE: fact.kind = FileKind::unknown; break;  // what has the name now is not what was removed
        default: fact.kind = first.kind; break;
    }
    out.facts.emplace_back(std::move(fact));
}

void Translator::add_capability(const sf_capability& check, Translation& out) {
    CapabilityFact fact;
    fact.capability = capability_name(check.capability);
    fact.syscall = out.syscall;
    fact.granted = (check.flags & SF_CAP_GRANTED) != 0;
    fact.own_user_namespace = (check.flags & SF_CAP_OWN_USERNS) != 0;
    if (check.verdict != 0) {
        // Settled before.
        fact.use = static_cast<CapabilityUse>(check.verdict - 1);
    } else if ((check.flags & SF_CAP_IDLE) != 0) {
        fact.use = CapabilityUse::probe;
    } else if (!fact.granted && (check.flags & SF_CAP_FLAGS_KNOWN) == 0) {
        // Refused: whatever asked went on without it, so no stack was taken.
        fact.use = CapabilityUse::unclassified;
    } else if ((check.flags & SF_CAP_FLAGS_KNOWN) != 0) {
        fact.use = (check.flags & SF_CAP_NOAUDIT) != 0 ? CapabilityUse::probe : CapabilityUse::need;
    } else {
        if (!symbols_loaded_) {
            symbols_ = KernelSymbols::load();
            symbols_loaded_ = true;
        }
        std::vector<std::string> frames;
        for (std::uint32_t i = 0; i < std::min<std::uint32_t>(check.depth, SF_STACK_DEPTH); ++i) {
            frames.push_back(symbols_.name_of(check.frames[i]));
        }
        const JudgedCheck judged = judge_check(fact.capability, frames);
        fact.use = judged.use;
        if (!judged.caller.empty()) fact.callers.insert(judged.caller);
        out.stack_unreadable = fact.use == CapabilityUse::unclassified;
        out.settled = fact.use == CapabilityUse::need ||
                      (fact.use == CapabilityUse::probe && only_accounts_memory(fact.capability, fact.syscall));
    }
    out.facts.emplace_back(std::move(fact));
}

void Translator::add_missed(const sf_missed& missed, int error, Translation& out) {
    const auto has = [](std::uint64_t set, unsigned capability) { return (set >> capability & 1) != 0; };
    for (unsigned capability = 0; capability < static_cast<unsigned>(cap_max_bits()); ++capability) {
        if (!has(missed.capabilities, capability)) continue;
        CapabilityFact fact;
        fact.capability = capability_name(capability);
        fact.syscall = out.syscall;
        fact.lack = has(missed.from_below, capability)      ? CapabilityLack::other_namespace
                    : has(missed.out_of_bounds, capability) ? CapabilityLack::not_in_bounds
                                                            : CapabilityLack::not_held;
        fact.by_root = missed.by_root != 0;
        fact.error = error;
        // generic_permission() asks for CAP_DAC_READ_SEARCH where that would do, and only then for more.
        const bool second = capability == CAP_DAC_OVERRIDE && has(missed.capabilities, CAP_DAC_READ_SEARCH);
        fact.use = second ? CapabilityUse::probe : CapabilityUse::unclassified;
        out.facts.emplace_back(std::move(fact));
    }
}

void Translator::add_request(const sf_request& request, int error, Translation& out) {
    switch (request.kind) {
        case SF_REQUEST_CODE:
            // By the call that stands for it, not by the one of a dozen spellings (mmap2, pkey_mprotect).
            out.facts.emplace_back(RequestFact{Request::writable_code,
                                               request.value == SF_FROM_MMAP       ? "mmap"
                                               : request.value == SF_FROM_MPROTECT ? "mprotect"
                                                                                   : "shmat",
                                               error});
            return;
        case SF_REQUEST_NAMESPACE:
            for (const auto& [flag, name] : kNamespaces) {
                if ((request.value & flag) != 0) out.facts.emplace_back(RequestFact{Request::namespace_, name, error});
            }
            return;
        case SF_REQUEST_PERSONALITY:
            out.facts.emplace_back(RequestFact{Request::personality, fmt::format("{:#x}", request.value), error});
            return;
        case SF_REQUEST_POLICY:
            out.facts.emplace_back(RequestFact{Request::scheduling, policy_name(request.value), error});
            return;
    }
}

Translation Translator::translate(const Record& record) {
    Translation out;
    const sf_header& header = record.header;
    const Abi abi = header.compat != 0 ? Abi::compat : Abi::native;
    out.executable = executable_of(header);
    if (header.syscall >= 0) out.syscall = syscall_name(abi, header.syscall);

    if (const auto* file = std::get_if<FileRecord>(&record.payload)) {
        add_file(record, *file, out);
    } else if (const auto* path = std::get_if<PathRecord>(&record.payload)) {
        add_path(record, *path, out);
    } else if (const auto* check = std::get_if<sf_capability>(&record.payload)) {
        add_capability(*check, out);
    } else if (const auto* missed = std::get_if<sf_missed>(&record.payload)) {
        add_missed(*missed, header.key.error, out);
    } else if (const auto* asked = std::get_if<sf_capset>(&record.payload)) {
        // A set of a few that the program narrowed itself to before is asked for by name.
        constexpr int kMany = 32;
        if (asked->whole != 0 && asked->ambient == 0 && std::popcount(asked->asked) >= kMany) {
            out.facts.emplace_back(
                CapabilityRequestFact{std::string(CapabilityRequestFact::kAll), false, header.key.error});
            return out;
        }
        for (unsigned capability = 0; capability < static_cast<unsigned>(cap_max_bits()); ++capability) {
            if ((asked->asked >> capability & 1) == 0) continue;
            out.facts.emplace_back(
                CapabilityRequestFact{capability_name(capability), asked->ambient != 0, header.key.error});
        }
    } else if (const auto* socket = std::get_if<SocketFact>(&record.payload)) {
        out.facts.emplace_back(*socket);
    } else if (const auto* address = std::get_if<AddressFact>(&record.payload)) {
        out.facts.emplace_back(*address);
    } else if (const auto* request = std::get_if<sf_request>(&record.payload)) {
        add_request(*request, header.key.error, out);
    } else {
        SyscallFact fact{out.syscall, abi, false};
        if (header.kind == SF_RECORD_REFUSAL && header.key.error != 0) fact.refusals.insert(header.key.error);
        fact.killed = header.kind == SF_RECORD_REFUSAL && header.key.error == 0;
        out.facts.emplace_back(std::move(fact));
    }
    return out;
}

}  // namespace sandfit::observe
