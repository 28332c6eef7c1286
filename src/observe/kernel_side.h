// The loaded kernel programs and their maps: the only place that talks to libbpf about them.
#ifndef SANDFIT_OBSERVE_KERNEL_SIDE_H
#define SANDFIT_OBSERVE_KERNEL_SIDE_H

#include "observe/hooks.h"
#include "observe/observer.h"

#include <sandfit/result.h>
#include <sandfit/wire.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

struct sandfit_bpf;
struct bpf_link;
struct ring_buffer;

namespace sandfit::observe {

struct RefusedProgram {
    Program program;
    std::string answer;  ///< "does not load: Invalid argument: R1 type=ctx expected=fp", one line
};

class KernelSide {
public:
    using RecordHandler = std::function<void(std::span<const std::byte>)>;

    /// Chooses the hooks, loads, attaches. Every record read later goes to `handler`.
    static Result<std::unique_ptr<KernelSide>> load(const Options& options, RecordHandler handler);
    ~KernelSide();
    KernelSide(const KernelSide&) = delete;
    KernelSide& operator=(const KernelSide&) = delete;

    [[nodiscard]] const Plan& plan() const { return plan_; }
    /// Programs of ours that the kernel did not take although an empty one loads at their places, in the order in which
    /// they were refused. The plan goes without them.
    [[nodiscard]] const std::vector<RefusedProgram>& refused() const { return refused_; }
    /// The unit's state in memory shared with the programs. Fields change under the reader.
    [[nodiscard]] sf_unit_state& unit(std::uint32_t slot) const;

    Result<void> enrol_group(std::uint64_t cgroup_id, sf_enrolment enrolment);
    Result<void> expect_group(std::uint64_t parent_id, const std::string& name, sf_enrolment enrolment);
    /// Marks the tasks that are in enrolled groups now.
    Result<void> mark_running();
    /// Tells the files that the tasks of all enrolled units have open now, where the kernel can.
    Result<void> tell_open_files();

    /// Hands all waiting records to the handler.
    Result<void> consume();
    /// Readable when the programs want the buffer to be read before it is full.
    [[nodiscard]] int wake_fd() const;

    /// In no order. A key that is added meanwhile may be left out.
    Result<void> for_each_seen(const std::function<void(const sf_key&, const sf_seen&)>& visit) const;
    [[nodiscard]] std::uint64_t stat(sf_stat which) const;
    /// No stack is taken any more for checks of this key.
    void settle_check(sf_key key, std::uint32_t verdict);
    /// Runs that the kernel skipped, on any CPU and for any task, where nothing makes that good: PREEMPTION in
    /// bpf/syscalls.bpf.c.
    [[nodiscard]] std::uint64_t recursion_misses() const;
    /// How many instructions the verifier went through for each program that is loaded, by its name; 0 before Linux 5.16,
    /// which does not tell.
    [[nodiscard]] std::map<std::string, std::uint32_t> verified_instructions() const;
    /// The tasks that are enrolled units' own, past their first exec.
    [[nodiscard]] Result<std::vector<sf_live_task>> live_tasks() const;

private:
    KernelSide() = default;
    static int on_record(void* context, void* data, std::size_t size);
    struct Refused {
        std::string program;  ///< that the kernel did not take; "" when it was none in particular
        bool attaching = false;
        bool for_all = false;  ///< no other trampoline can be attached either
    };
    /// Loads and attaches what the plan has; on an error `refused` says at what.
    Result<void> load_planned(const Options& options, Refused& refused);
    /// Runs an iterator over all of its objects. It writes nothing but values of type Told.
    template <typename Told>
    Result<void> iterate(std::string_view program, const std::function<void(const Told&)>& visit) const;

    sandfit_bpf* skeleton_ = nullptr;
    std::map<std::string_view, bpf_link*> links_;  // by the name of the program
    ring_buffer* ring_ = nullptr;
    Plan plan_;
    std::vector<RefusedProgram> refused_;
    RecordHandler handler_;
};

}  // namespace sandfit::observe

#endif
