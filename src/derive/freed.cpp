#include "derive/freed.h"

#include <cerrno>
#include <type_traits>
#include <utility>

#include "base/path.h"

namespace sandfit::derive {
namespace {

Fact freed_file(FileFact file, const Profile* baseline) {
    if (file.op == FileOp::execute && file.names.size() == 1 && !file.many) {
        ExecFact program;
        program.path = base::join(file.directory, *file.names.begin());
        for (const auto& seen : baseline != nullptr ? baseline->facts : std::vector<SeenFact>()) {
            const auto* known = std::get_if<ExecFact>(&seen.fact);
            if (known != nullptr && known->path == program.path) program = *known;
        }
        return program;
    }
    if (file.op == FileOp::look && file.error == EROFS) {
        file.op = FileOp::write;
        if (file.kind == FileKind::unknown) file.kind = FileKind::regular;
    }
    file.error = 0;
    return file;
}

}  // namespace

Fact freed(const Fact& fact, const Profile* baseline) {
    return std::visit(
        [baseline](auto kind) -> Fact {
            using Kind = decltype(kind);
            if constexpr (std::is_same_v<Kind, FileFact>) {
                return freed_file(std::move(kind), baseline);
            } else if constexpr (std::is_same_v<Kind, SyscallFact>) {
                kind.refusals.clear();
                kind.killed = false;
                kind.by_unwinding = false;
            } else if constexpr (std::is_same_v<Kind, CapabilityFact>) {
                kind.granted = true;
                kind.use = CapabilityUse::need;
                kind.lack = CapabilityLack::none;
                kind.by_root = false;
                kind.error = 0;
            } else if constexpr (requires { kind.error; }) {
                kind.error = 0;
            }
            return kind;
        },
        fact);
}

std::vector<SeenFact> freed_facts(const std::vector<Denial>& denials, const Profile* baseline) {
    std::vector<SeenFact> facts;
    for (const auto& denial : denials) {
        SeenFact seen{freed(denial.fact, baseline), denial.evidence};
        seen.evidence.assumed = true;
        facts.push_back(std::move(seen));
    }
    return facts;
}

}  // namespace sandfit::derive
