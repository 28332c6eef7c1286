// All rules, in the order of a drop-in. A rule sees what those before it concluded: directories that systemd makes
// and PrivateTmp= come before the paths that need an opening, ambient capabilities before the set that bounds them,
// the filter before what goes with it.
#include <vector>

#include "derive/rule.h"
#include "derive/rules/rules.h"

namespace sandfit::derive {

std::span<const Rule> rule_table() {
    static const std::vector<Rule> kRules = {
        rules::runtime_directory(),    rules::runtime_directory_mode(),   rules::state_directory(),
        rules::state_directory_mode(), rules::cache_directory(),          rules::cache_directory_mode(),
        rules::logs_directory(),       rules::logs_directory_mode(),      rules::private_tmp(),
        rules::protect_system(),       rules::read_write_paths(),         rules::no_new_privileges(),
        rules::ambient_capabilities(), rules::capability_bounding_set(),  rules::restrict_address_families(),
        rules::system_call_filter(),   rules::system_call_error_number(), rules::system_call_architectures(),
    };
    return kRules;
}

}  // namespace sandfit::derive
