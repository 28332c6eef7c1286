// All rules, in the order of a drop-in. A rule sees what those before it concluded: directories that systemd makes
// and PrivateTmp= come before the paths that need an opening, ambient capabilities before the set that bounds them,
// the filter before what goes with it, and after what changes which calls are made (RestrictNamespaces=); what mounts
// /proc or /sys anew before what closes /run.
#include <vector>

#include "derive/rule.h"
#include "derive/rules/rules.h"

namespace sandfit::derive {

std::span<const Rule> rule_table() {
    static const std::vector<Rule> kRules = {
        rules::runtime_directory(),
        rules::runtime_directory_mode(),
        rules::state_directory(),
        rules::state_directory_mode(),
        rules::cache_directory(),
        rules::cache_directory_mode(),
        rules::logs_directory(),
        rules::logs_directory_mode(),
        rules::private_tmp(),
        rules::protect_home(),
        rules::protect_system(),
        rules::read_write_paths(),
        rules::private_devices(),
        rules::device_allow(),
        rules::device_policy(),
        rules::protect_kernel_tunables(),
        rules::protect_kernel_modules(),
        rules::protect_kernel_logs(),
        rules::protect_control_groups(),
        rules::protect_clock(),
        rules::protect_hostname(),
        rules::protect_proc(),
        rules::proc_subset(),
        rules::no_exec_paths(),
        rules::inaccessible_paths(),
        rules::private_mounts(),
        rules::no_new_privileges(),
        rules::ambient_capabilities(),
        rules::capability_bounding_set(),
        rules::restrict_address_families(),
        rules::user(),
        rules::dynamic_user(),
        rules::supplementary_groups(),
        rules::private_users(),
        rules::private_network(),
        rules::private_ipc(),
        rules::private_pids(),
        rules::read_only_paths(),
        rules::ip_address_deny(),
        rules::ip_address_allow(),
        rules::socket_bind_deny(),
        rules::socket_bind_allow(),
        rules::restrict_network_interfaces(),
        rules::restrict_file_systems(),
        rules::lock_personality(),
        rules::restrict_namespaces(),
        rules::restrict_realtime(),
        rules::restrict_suid_sgid(),
        rules::memory_deny_write_execute(),
        rules::umask(),
        rules::keyring_mode(),
        rules::remove_ipc(),
        rules::delegate(),
        rules::notify_access(),
        rules::tasks_max(),
        rules::limit_nproc(),
        rules::limit_nofile(),
        rules::limit_memlock(),
        rules::limit_core(),
        rules::system_call_filter(),
        rules::system_call_error_number(),
        rules::system_call_architectures(),
    };
    return kRules;
}

}  // namespace sandfit::derive
