// From records to facts: names for numbers, paths for strings, needs apart from probes. Looks things up on
// the host (symbols, /proc), unlike decode.
#ifndef SANDFIT_OBSERVE_TRANSLATE_H
#define SANDFIT_OBSERVE_TRANSLATE_H

#include "observe/decode.h"
#include "observe/kernel_symbols.h"

#include <sandfit/fact.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace sandfit::observe {

/// What the translation of one record gives.
struct Translation {
    std::vector<Fact> facts;
    std::string executable;  ///< path of the program that did it; "" when unknown
    std::string syscall;     ///< name of the call it was in; "" outside of any
    /// For a capability check whose key needs no further stacks: what it was judged to be.
    bool settled = false;
    bool stack_unreadable = false;
};

class Translator {
public:
    /// `processes` names the unit's processes now.
    using Processes = std::function<std::vector<pid_t>(std::uint32_t unit)>;
    explicit Translator(Processes processes) : processes_(std::move(processes)) {}

    Translation translate(const Record& record);

private:
    void add_file(const Record& record, const FileRecord& file, Translation& out);
    void add_path_of_file(const Record& record, const FileRecord& file, Translation& out);
    void add_path(const Record& record, const PathRecord& path, Translation& out);
    static void add_request(const sf_request& request, int error, Translation& out);
    void add_capability(const sf_capability& check, Translation& out);
    static void add_missed(const sf_missed& missed, int error, Translation& out);
    std::string executable_of(const sf_header& header);

    Processes processes_;
    KernelSymbols symbols_;
    bool symbols_loaded_ = false;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> executables_;  // (device, inode) -> path
};

/// "CAP_CHOWN"; "#63" for a number without a name.
std::string capability_name(unsigned capability);

}  // namespace sandfit::observe

#endif
