// Real programs, real children: capabilities and sockets.
#include "support/catch.h"
#include "support/observed.h"

using namespace sandfit;
using sandfit::tests::can_observe;
using sandfit::tests::observe_behaviour;
using sandfit::tests::Observed;
using sandfit::tests::saw_capabilities;

namespace {

constexpr int kCannot = 77;

std::set<std::string> needs(const Observed& seen) {
    std::set<std::string> out;
    for (const auto& [fact, evidence] : seen.all<CapabilityFact>()) {
        if (fact.granted && !fact.own_user_namespace && fact.use != CapabilityUse::probe) out.insert(fact.capability);
    }
    return out;
}

bool has_address(const Observed& seen, AddressOp op, const std::string& family, const std::string& address,
                 std::uint32_t port, bool abstract) {
    for (const auto& [fact, evidence] : seen.all<AddressFact>()) {
        if (fact.op == op && fact.family == family && fact.address == address && fact.port == port &&
            fact.abstract == abstract) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("a low port needs its capability, and memory accounting needs none") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("low_port");
    if (!saw_capabilities(seen)) return;
    CHECK(seen.status == 0);
    CHECK(needs(seen) == std::set<std::string>{"CAP_NET_BIND_SERVICE"});
    bool named = false;
    for (const auto& [fact, evidence] : seen.all<CapabilityFact>()) {
        if (fact.capability == "CAP_NET_BIND_SERVICE") named = named || fact.syscall == "bind";
    }
    CHECK(named);
}

TEST_CASE("chown and chmod of a plain mode need CAP_CHOWN, not CAP_FSETID") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("path_changes");
    if (!saw_capabilities(seen)) return;
    CHECK(needs(seen).count("CAP_CHOWN") == 1);
    CHECK(needs(seen).count("CAP_FSETID") == 0);
    CHECK(needs(seen).count("CAP_SYS_ADMIN") == 0);
}

TEST_CASE("a check against a user namespace of its own is told apart") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("own_user_namespace");
    if (!saw_capabilities(seen)) return;
    if (seen.status == kCannot) {
        WARN("SKIPPED: user namespaces cannot be made here");
        return;
    }
    bool own = false;
    for (const auto& [fact, evidence] : seen.all<CapabilityFact>()) {
        own = own || (fact.capability == "CAP_SYS_ADMIN" && fact.own_user_namespace && fact.granted);
    }
    CHECK(own);
    CHECK(needs(seen).count("CAP_SYS_ADMIN") == 0);
}

TEST_CASE("the capabilities that a program asks for are recorded") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("asks_for_capabilities");
    CHECK(seen.status == 0);
    std::set<std::string> asked;
    for (const auto& [fact, evidence] : seen.all<CapabilityRequestFact>()) asked.insert(fact.capability);
    CHECK(asked == std::set<std::string>{"CAP_CHOWN", "CAP_NET_RAW"});
}

TEST_CASE("a capability that is asked for where no trampoline is told is known by its call") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("sets_secure_bits");
    CHECK(seen.status == 0);
    CHECK(needs(seen) == std::set<std::string>{"CAP_SETPCAP"});
}

TEST_CASE("sockets, binds and peers are facts") {
    if (!can_observe()) return;
    const auto seen = observe_behaviour("sockets");
    CHECK(seen.status == 0);
    std::set<std::pair<std::string, std::string>> made;
    for (const auto& [fact, evidence] : seen.all<SocketFact>()) made.emplace(fact.family, fact.type);
    CHECK(made == std::set<std::pair<std::string, std::string>>{{"AF_UNIX", "SOCK_STREAM"},
                                                                {"AF_UNIX", "SOCK_DGRAM"},
                                                                {"AF_INET", "SOCK_DGRAM"},
                                                                {"AF_NETLINK", "SOCK_RAW"}});
    CHECK(seen.file(FileOp::make_socket, "", "socket").has_value());
    CHECK(has_address(seen, AddressOp::bind, "AF_UNIX", seen.directory + "/socket", 0, false));
    CHECK(has_address(seen, AddressOp::connect, "AF_UNIX", seen.directory + "/socket", 0, false));
    CHECK(has_address(seen, AddressOp::bind, "AF_UNIX", "sandfit-test", 0, true));
    CHECK(has_address(seen, AddressOp::send, "AF_INET", "127.0.0.1", 9, false));
}

TEST_CASE("a whole set of capabilities that was written back is told from one that was asked for by name") {
    if (!can_observe()) return;
    const auto whole = observe_behaviour("writes_back_capabilities");
    REQUIRE(whole.status == 0);
    const auto requests = whole.all<CapabilityRequestFact>();
    REQUIRE(requests.size() == 1);
    CHECK(requests.front().first.capability == CapabilityRequestFact::kAll);

    for (const auto& [fact, evidence] : observe_behaviour("asks_for_capabilities").all<CapabilityRequestFact>()) {
        CHECK(fact.capability != CapabilityRequestFact::kAll);
    }
}
