// Would this kernel take such a program? Asked by loading and attaching an empty one of the same sort.
#ifndef SANDFIT_OBSERVE_KERNEL_SUPPORT_H
#define SANDFIT_OBSERVE_KERNEL_SUPPORT_H

#include "observe/hooks.h"

#include <memory>
#include <string>
#include <string_view>

struct btf;

namespace sandfit::observe {

struct Attempt {
    bool works = false;
    std::string answer;  ///< "loads and attaches", or what the kernel said
};

/// Loads an empty program for the place of this one ("tp_btf/NAME", "fentry/NAME", "fexit/NAME", "iter/NAME").
Attempt try_to_load(const Program& program);

/// The same, and attaches it, and takes it away again.
Attempt try_to_attach(const Program& program);

/// Makes a map of that type and lets it go.
Attempt try_ring_buffer();
Attempt try_task_storage();

/// BTF of the running kernel can be read.
Attempt try_btf();

/// The structures of the running kernel, or those of a file of BTF.
class KernelTypes {
public:
    explicit KernelTypes(const std::string& file = "");

    /// "pid.tasks". False also when there is no type information.
    [[nodiscard]] bool has_field(std::string_view field) const;

private:
    std::shared_ptr<const btf> types_;
};

}  // namespace sandfit::observe

#endif
