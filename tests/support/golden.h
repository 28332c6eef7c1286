// Outputs as files in tests/golden/. SANDFIT_ACCEPT=1 rewrites them; review the difference then.
#ifndef SANDFIT_TESTS_SUPPORT_GOLDEN_H
#define SANDFIT_TESTS_SUPPORT_GOLDEN_H

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "support/catch.h"

namespace sandfit::tests {

/// Compares with the file of that name below tests/golden/.
inline void check_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(SANDFIT_SOURCE_DIR) + "/tests/golden/" + name;
    const char* accept = std::getenv("SANDFIT_ACCEPT");
    if (accept != nullptr && std::string_view(accept) == "1") {
        REQUIRE(base::write_file_atomically(path, text).has_value());
        WARN("accepted " << name);
        return;
    }
    const auto expected = base::read_file(path);
    INFO(name << " is not as accepted; SANDFIT_ACCEPT=1 accepts the new output");
    REQUIRE(expected.has_value());
    CHECK(text == *expected);
}

}  // namespace sandfit::tests

#endif
