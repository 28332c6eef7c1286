// A kernel in which a field that our programs read has another name: one way less and a line in the coverage, or,
// where nothing can be observed without it, one sentence that names it.
#include "support/catch.h"
#include "support/observed.h"
#include "support/renamed_field.h"

#include "observe/kernel_side.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::Field;
using sandfit::tests::observe_behaviour;
using sandfit::tests::RenamedField;

namespace {

// Structures and fields without which nothing can be observed: which tasks are the unit's, who did it, in which call,
// on what path.
constexpr auto kEssential = std::to_array<std::string_view>({
    "bpf_iter__bpf_map_elem", "bpf_iter__task", "bpf_iter__task_file.meta", "bpf_iter__task_file.task", "bpf_iter_meta",
    "cgroup", "cgroup_root", "cgroup_subsys_state", "cred", "css_set", "dentry", "file.f_inode", "file.f_path",
    "file_system_type", "fs_struct", "inode", "kernfs_node", "linux_binprm", "mm_struct", "mnt_namespace", "mount",
    "ns_common", "nsproxy", "path", "pid.level", "pid.numbers", "pt_regs", "qstr", "super_block", "task_struct.cgroups",
    "task_struct.comm", "task_struct.cred", "task_struct.exit_code", "task_struct.flags", "task_struct.fs",
    "task_struct.group_leader", "task_struct.mm", "task_struct.nsproxy", "task_struct.ptrace", "task_struct.stack", "task_struct.thread_info",
    "task_struct.thread_pid", "thread_info", "upid", "user_namespace", "vfsmount"});

std::string name_of(const Field& field) {
    return field.structure + "." + field.name;
}

/// The hook of the table that can do without it, if it stands there; else null.
const observe::Hook* hook_of(const Field& field) {
    const std::string name = name_of(field);
    for (const observe::Hook& hook : observe::hook_table()) {
        for (const auto& candidate : hook.candidates) {
            if (std::ranges::find(candidate.fields, name) != candidate.fields.end()) return &hook;
        }
    }
    return nullptr;
}

auto load(const std::string& types) {
    return observe::KernelSide::load({.probes = tests::probes_under_test(), .refusals = true, .kernel_types = types},
                                     [](std::span<const std::byte>) {});
}

/// True when it still can be observed.
bool check_renamed(const Field& field, const observe::Plan& usual) {
    INFO(name_of(field));
    const RenamedField types(field);
    const auto side = load(types.file());
    const observe::Hook* hook = hook_of(field);
    if (!side) {
        CHECK(hook == nullptr);
        CHECK(std::ranges::any_of(
            kEssential, [&field](std::string_view one) { return one == field.structure || one == name_of(field); }));
        CHECK(side.error().kind == ErrorKind::unsupported);
        INFO(side.error().what);
        CHECK(side.error().what.starts_with("cannot observe: "));
        const auto named = side.error().what.find(": does not load: this kernel's types have no ");
        REQUIRE(named != std::string::npos);
        CHECK(side.error().what.find("." + field.name, named) != std::string::npos);
        return false;
    }
    const bool told = observe::planned_coverage((*side)->plan()) != observe::planned_coverage(usual);
    bool changed = false;
    for (std::size_t i = 0; i < usual.size(); ++i) {
        const observe::Candidate* now = (*side)->plan()[i].candidate;
        if (usual[i].hook == hook) CHECK(now == nullptr);
        if (now == usual[i].candidate) continue;
        changed = true;
        // Said, unless it is a hook of which no subject hangs, and it has another way.
        CHECK((told || (usual[i].hook->subjects.empty() && now != nullptr)));
    }
    if (!changed) CHECK((!told && (*side)->refused().empty()));
    for (const auto& one : (*side)->refused())
        CHECK(one.answer.find("this kernel's types have no ") != std::string::npos);
    return true;
}

}  // namespace

TEST_CASE("a field of another name costs one way, or is named") {
    if (!can_observe()) return;
    const auto side = load("");
    REQUIRE(side);
    const auto read = tests::fields_read();
    // How fields are listed is itself looked at: some that are known to be read, and all that the table names.
    for (const Field& field :
         {Field{"io_open", "how"}, Field{"open_how", "flags"}, Field{"qstr", "name"}, Field{"pid", "tasks"}})
        CHECK(read.count(field) == 1);
    for (const observe::Hook& hook : observe::hook_table()) {
        for (const auto& candidate : hook.candidates) {
            for (const std::string_view field : candidate.fields) {
                const auto dot = field.find('.');
                CHECK(read.count({std::string(field.substr(0, dot)), std::string(field.substr(dot + 1))}) == 1);
            }
        }
    }
    for (const Field& field : {Field{"proc_inode", "pid"}, Field{"fdtable", "fd"}, Field{"seccomp", "mode"},
                               Field{"bpf_iter__task_file", "file"}, Field{"io_kiocb", "opcode"}})
        CHECK(check_renamed(field, (*side)->plan()));
    for (const Field& field : {Field{"kernfs_node", "id"}, Field{"nsproxy", "mnt_ns"}})
        CHECK_FALSE(check_renamed(field, (*side)->plan()));
}

// Minutes where the processor is emulated, so only where it is not: tests/CMakeLists.txt.
TEST_CASE("any field of another name costs one way, or is named", "[.][fields]") {
    if (!can_observe()) return;
    const auto side = load("");
    REQUIRE(side);
    int observed = 0, there = 0;
    for (const Field& field : tests::fields_read()) {
        there += RenamedField(field).is_there() ? 1 : 0;
        observed += check_renamed(field, (*side)->plan()) ? 1 : 0;
    }
    CHECK(there > 100);
    CHECK(observed > 40);
}

TEST_CASE("where descriptors cannot be followed, opens are told by their paths, and all else as lost") {
    if (!can_observe()) return;
    const RenamedField types({"fdtable", "fd"});
    const auto seen = observe_behaviour("path_changes", {.kernel_types = types.file()});
    REQUIRE(seen.status == 0);
    const auto created = seen.file(FileOp::create, "", "file");
    REQUIRE(created);
    CHECK(created->resolution != Resolution::walked);
    CHECK(seen.file(FileOp::make_directory, "", "d"));
    CHECK(seen.coverage.losses.count("path_not_walkable") == 1);
}

TEST_CASE("where it is not known whose process a file of /proc is, it is another's") {
    if (!can_observe()) return;
    const RenamedField types({"pid", "tasks"});
    const auto seen = observe_behaviour("looks", {.kernel_types = types.file()});
    REQUIRE(seen.status == 0);
    std::set<std::string> directories;
    for (const auto& [fact, evidence] : seen.all<FileFact>()) {
        if (fact.op == FileOp::read && fact.names.count("status") != 0) directories.insert(fact.directory);
    }
    CHECK(directories == std::set<std::string>{"/proc/[pid]"});
    CHECK(seen.coverage.losses.empty());
}
