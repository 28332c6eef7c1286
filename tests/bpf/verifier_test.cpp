// What the verifier has to go through: printed, and kept from growing unseen. It is most of the time that loading takes,
// and older kernels give up at a million for one program.
#include "support/catch.h"
#include "support/observed.h"

#include "observe/kernel_side.h"

#include <cstdio>
#include <map>
#include <string_view>

using namespace sandfit;
using sandfit::tests::can_observe;

namespace {

// At most, on any kernel: about a third above what was counted on 5.16 to 7.3. Raise one knowingly.
constexpr std::uint32_t kMost = 16'000;
const std::map<std::string_view, std::uint32_t> kMore = {{"sys_exit_tp", 75'000},
                                                         {"sys_exit_perf_tp", 75'000},
                                                         {"io_uring_submit_req_tp", 30'000},
                                                         {"io_uring_submit_sqe_tp", 30'000}};

}  // namespace

TEST_CASE("no program takes more instructions to verify than it is allowed") {
    if (!can_observe()) return;
    observe::Options options{.probes = tests::probes_under_test(), .refusals = true};
    const auto side = observe::KernelSide::load(options, [](std::span<const std::byte>) {});
    REQUIRE(side);
    for (const auto& [name, count] : (*side)->verified_instructions()) {
        std::printf("%8u %s\n", count, name.c_str());
        const auto more = kMore.find(name);
        INFO(name);
        CHECK(count <= (more == kMore.end() ? kMost : more->second));
    }
}
