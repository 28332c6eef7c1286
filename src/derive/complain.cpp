#include "derive/complain.h"

#include <vector>

#include "base/text.h"
#include "derive/settings.h"
#include "derive/syscall_sets.h"

namespace sandfit::derive {

std::string calls_to_log(const UnitSettings& present, const UnitSettings& candidate, const Host& host) {
    const PresentFilter filter(host, candidate);
    if (!filter.set || filter.names.empty()) return {};
    if (loads_filters_unprivileged(present) && !has_no_new_privileges(present)) return {};
    const std::vector<std::string> names(filter.names.begin(), filter.names.end());
    // What is allowed is not logged, and all else is; or the other way round.
    return (filter.deny ? "" : "~") + base::join_with(names, " ");
}

}  // namespace sandfit::derive
