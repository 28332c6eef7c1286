#include "observe/probe.h"

#include "observe/cgroup.h"
#include "observe/hooks.h"
#include "observe/kernel_side.h"
#include "observe/kernel_support.h"
#include "observe/kernel_symbols.h"

#include "base/error.h"
#include "base/fd.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/capability.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <set>
#include <span>

namespace sandfit::observe {
namespace {

int silent(libbpf_print_level, const char*, va_list) { return 0; }

bool has_capability(cap_value_t capability) {
    cap_t own = cap_get_proc();
    if (own == nullptr) return false;
    cap_flag_value_t value = CAP_CLEAR;
    const bool set = cap_get_flag(own, capability, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
    cap_free(own);
    return set;
}

struct Answer {
    Attempt attempt;
    std::string hint;
};

/// Having the capability is not enough: root of a user namespace has them all, and a container's filter may refuse bpf().
Answer ask_privileges() {
    // CAP_BPF and CAP_PERFMON came with 5.8; before, and for what both do not cover, CAP_SYS_ADMIN.
    if (!has_capability(CAP_SYS_ADMIN) && !(has_capability(CAP_BPF) && has_capability(CAP_PERFMON))) {
        return {{false, "neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON"},
                "run it as root with these capabilities: with sudo, or outside of the container"};
    }
    const base::Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "sandfit_try", 4, 4, 1, nullptr));
    if (!map.is_open() && (errno == EPERM || errno == EACCES)) {
        return {{false,
                 "the kernel refuses bpf() in spite of the capabilities: this is root of a user namespace, or of "
                 "a container that filters it"},
                "run it as root of the host itself"};
    }
    return {{true, "CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON"}, ""};
}

Answer ask_types() {
    return {try_btf(), "boot a kernel with CONFIG_DEBUG_INFO_BTF=y (Debian's and all large distributions' are); in a "
                       "container, mount /sys"};
}

ProbeResult from_attempt(std::string feature, const Attempt& attempt, bool required, std::string hint) {
    ProbeResult result;
    result.feature = std::move(feature);
    result.detail = attempt.answer;
    if (!attempt.works) {
        result.state = required ? ProbeState::missing : ProbeState::optional_missing;
        result.hint = std::move(hint);
    }
    return result;
}

/// Each program of a hook, and whether it is used, needed or missing. `tried`: by the name of the program.
void add_hook(const Hook& hook, std::map<std::string_view, Attempt>& tried, std::vector<ProbeResult>& out) {
    bool covered = false;
    std::set<std::pair<std::string_view, std::string>> told;
    for (const Candidate& candidate : hook.candidates) {
        const bool last = &candidate == &hook.candidates.back();
        bool works = true;
        for (const Program& program : candidate.programs) {
            const auto [entry, fresh] = tried.try_emplace(program.name);
            if (fresh) entry->second = try_to_attach(program);
            const Attempt& attempt = entry->second;
            works = works && attempt.works;
            if (!fresh) continue;  // told already, with another candidate or hook
            if (!told.emplace(program.place, attempt.answer).second) continue;
            const bool missing = !attempt.works && !covered && last && hook.need == Need::required;
            ProbeResult result = from_attempt(fmt::format("{} ({})", program.place, hook.name), attempt, missing, "");
            if (result.state == ProbeState::missing) result.hint = "observation is not possible without it";
            else if (!attempt.works && covered) result.hint = "not needed: a better way works";
            else if (!attempt.works && !last) result.hint = "the next way is used";
            else if (!attempt.works && hook.need == Need::optional) {
                result.hint = "what it watches is left out of the profile, and rules that need it abstain";
            } else if (!attempt.works) {
                result.hint = "the profile says what is not seen without it";
            }
            out.push_back(std::move(result));
        }
        covered = covered || works;
    }
}

/// The programs themselves: an older verifier may refuse what it has a place for.
void try_all_programs(KernelAnswers& out) {
    constexpr std::string_view kFeature = "sandfit's kernel programs";
    Options options;
    options.refusals = true;
    const auto loaded = KernelSide::load(options, [](std::span<const std::byte>) {});
    if (!loaded) {
        out.features.push_back({std::string(kFeature), ProbeState::missing,
                                fmt::format("{} ({})", loaded.error().what, loaded.error().hint),
                                "this is a defect of sandfit: report it with all that stands here"});
        return;
    }
    const KernelSide& side = **loaded;
    const auto programs = side.verified_instructions();
    std::uint64_t instructions = 0;
    for (const auto& [name, count] : programs) instructions += count;
    out.features.push_back(
        {std::string(kFeature), ProbeState::works,
         fmt::format("{} load and attach{}", programs.size(),
                     instructions == 0 ? "" : fmt::format(", {} instructions verified", instructions)),
         ""});
    for (const auto& [program, answer] : side.refused()) {
        out.features.push_back({fmt::format("program {} ({})", program.name, program.place),
                                ProbeState::optional_missing, answer,
                                "the next way is used, or none; an empty program loads there, so report this"});
    }
    out.coverage = planned_coverage(side.plan());
}

}  // namespace

Result<void> check_host() {
    libbpf_set_print(silent);
    if (const Answer privileges = ask_privileges(); !privileges.attempt.works) {
        return Error{ErrorKind::not_permitted, "kernel programs may not be loaded: " + privileges.attempt.answer, 0,
                     privileges.hint};
    }
    if (const Answer types = ask_types(); !types.attempt.works) {
        return Error{ErrorKind::unsupported, types.attempt.answer, 0, types.hint};
    }
    return {};
}

KernelAnswers probe_kernel() {
    libbpf_set_print(silent);
    KernelAnswers answers;
    std::vector<ProbeResult>& out = answers.features;
    const Answer privileges = ask_privileges();
    out.push_back(from_attempt(std::string(kPrivileges), privileges.attempt, true, privileges.hint));
    const Answer types = ask_types();
    out.push_back(from_attempt("BTF", types.attempt, true, types.hint));
    const auto mount = cgroup2_mount();
    out.push_back(from_attempt("cgroup2", {mount.has_value(), mount ? "mounted at " + *mount : mount.error().what},
                               true, mount ? "" : mount.error().hint));
    if (mount) {
        const bool writable = cgroup2_is_writable(*mount);
        out.push_back(from_attempt("cgroup of our own",
                                   {writable, writable ? "can be made" : "cgroup2 is mounted read-only"}, false,
                                   "`sandfit run` needs it; `sandfit observe` does not"));
    }
    // Each would only say again what is missing already.
    if (!privileges.attempt.works || !types.attempt.works) return answers;

    out.push_back(from_attempt("BPF ring buffer", try_ring_buffer(), true, "needs Linux 5.8 or later"));
    out.push_back(from_attempt("BPF task storage", try_task_storage(), false,
                               "tasks are looked up in a hash: a little slower"));
    std::map<std::string_view, Attempt> tried;
    for (const Hook& hook : hook_table()) add_hook(hook, tried, out);
    const bool symbols = !KernelSymbols::load().empty();
    out.push_back(from_attempt("kernel symbols",
                               {symbols, symbols ? "/proc/kallsyms shows addresses" : "/proc/kallsyms hides addresses"},
                               false, "sysctl kernel.kptr_restrict=1, and keep CAP_SYSLOG: without symbols every "
                                      "capability check counts as a need"));
    const bool has_all = std::ranges::none_of(
        out, [](const ProbeResult& result) { return result.state == ProbeState::missing; });
    if (has_all) try_all_programs(answers);
    return answers;
}

}  // namespace sandfit::observe
