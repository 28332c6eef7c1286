// Every rule, by its directive; src/derive/rule_table.cpp puts them in order.
#ifndef SANDFIT_DERIVE_RULES_RULES_H
#define SANDFIT_DERIVE_RULES_RULES_H

#include "derive/rule.h"

namespace sandfit::derive::rules {

Rule runtime_directory();
Rule runtime_directory_mode();
Rule state_directory();
Rule state_directory_mode();
Rule cache_directory();
Rule cache_directory_mode();
Rule logs_directory();
Rule logs_directory_mode();
Rule private_tmp();
Rule protect_home();
Rule protect_system();
Rule read_write_paths();
Rule private_devices();
Rule device_allow();
Rule device_policy();
Rule protect_kernel_tunables();
Rule protect_kernel_modules();
Rule protect_kernel_logs();
Rule protect_control_groups();
Rule protect_clock();
Rule protect_hostname();
Rule protect_proc();
Rule proc_subset();
Rule private_mounts();
Rule no_exec_paths();
Rule inaccessible_paths();
Rule no_new_privileges();
Rule ambient_capabilities();
Rule capability_bounding_set();
Rule restrict_address_families();
Rule system_call_filter();
Rule system_call_error_number();
Rule system_call_architectures();

Rule user();
Rule dynamic_user();
Rule supplementary_groups();
Rule private_users();
Rule private_network();
Rule private_ipc();
Rule private_pids();
Rule read_only_paths();
Rule ip_address_deny();
Rule ip_address_allow();
Rule socket_bind_deny();
Rule socket_bind_allow();
Rule restrict_network_interfaces();
Rule restrict_file_systems();
Rule lock_personality();
Rule restrict_namespaces();
Rule restrict_realtime();
Rule restrict_suid_sgid();
Rule memory_deny_write_execute();
Rule umask();
Rule keyring_mode();
Rule remove_ipc();
Rule delegate();
Rule notify_access();
Rule tasks_max();
Rule limit_nproc();
Rule limit_nofile();
Rule limit_memlock();
Rule limit_core();

}  // namespace sandfit::derive::rules

#endif
