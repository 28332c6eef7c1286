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
Rule protect_system();
Rule read_write_paths();
Rule no_new_privileges();
Rule ambient_capabilities();
Rule capability_bounding_set();
Rule restrict_address_families();
Rule system_call_filter();
Rule system_call_error_number();
Rule system_call_architectures();

}  // namespace sandfit::derive::rules

#endif
