#include "profile/reload.h"
#include "support/catch.h"

using namespace sandfit;

namespace {

Profile running(std::vector<std::string> reload, std::vector<std::string> start, std::string executed, bool by_systemd) {
    Profile profile;
    profile.settings.values = {{"ExecReload", std::move(reload)}, {"ExecStart", std::move(start)}};
    profile.facts = {{ExecFact{std::move(executed), false, false, by_systemd, {}}, {}}};
    return profile;
}

}  // namespace

TEST_CASE("a reload was seen when its program ran, and only the reload runs it") {
    struct Row {
        std::vector<std::string> reload, start;
        std::string executed;
        bool by_systemd;
        bool seen;
    };
    const Row rows[] = {
        {{"/bin/kill -HUP $MAINPID"}, {"/usr/sbin/d -f"}, "/usr/bin/kill", true, true},
        {{"-/bin/kill -HUP $MAINPID"}, {"/usr/sbin/d -f"}, "/usr/bin/kill", true, true},
        {{"/bin/kill -HUP $MAINPID"}, {"/usr/sbin/d -f"}, "/usr/sbin/d", true, false},
        {{"/bin/kill -HUP $MAINPID"}, {"/usr/sbin/d -f"}, "/usr/bin/kill", false, false},  // the service's own
        {{"/usr/sbin/d -s reload"}, {"/usr/sbin/d"}, "/usr/sbin/d", true, false},          // start or reload?
        {{}, {"/usr/sbin/d"}, "/usr/sbin/d", true, false},
    };
    for (const auto& row : rows) {
        INFO(row.executed << (row.reload.empty() ? "" : row.reload.front()));
        CHECK(profile::saw_reload(running(row.reload, row.start, row.executed, row.by_systemd)) == row.seen);
    }
}
