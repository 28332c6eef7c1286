// Kernel symbols, and what the stack of a capability check says about it.
#ifndef SANDFIT_OBSERVE_KERNEL_SYMBOLS_H
#define SANDFIT_OBSERVE_KERNEL_SYMBOLS_H

#include <sandfit/fact.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::observe {

/// Addresses to names, from /proc/kallsyms. Empty when the addresses are hidden (kptr_restrict, or no
/// CAP_SYSLOG): then no stack can be judged.
class KernelSymbols {
public:
    static KernelSymbols load();
    /// Parses the text of /proc/kallsyms; lines that are none are skipped.
    static KernelSymbols parse(std::string_view text);

    [[nodiscard]] bool empty() const { return symbols_.empty(); }
    /// The function that holds the address; "" when unknown.
    [[nodiscard]] std::string name_of(std::uint64_t address) const;

private:
    struct Symbol {
        std::uint64_t address;
        std::string name;
    };
    std::vector<Symbol> symbols_;  // sorted
};

struct JudgedCheck {
    CapabilityUse use = CapabilityUse::unclassified;
    std::string caller;  ///< the function that asked, past the capability functions themselves
};

/// Judges a check by the functions on its stack, nearest first.
JudgedCheck judge_check(std::string_view capability, const std::vector<std::string>& frames);

}  // namespace sandfit::observe

#endif
