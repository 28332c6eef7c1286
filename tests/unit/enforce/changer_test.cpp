#include "enforce/changer.h"

#include <string>

#include "support/catch.h"
#include "unit/enforce/world.h"

using namespace sandfit;
using namespace sandfit::enforce;
using namespace sandfit::test;
using std::chrono::milliseconds;

namespace {

const std::string kRun = "/run/systemd/system/sample.service.d/50-sandfit.conf";
const std::string kEtc = "/etc/systemd/system/sample.service.d/50-sandfit.conf";

/// From the plan to the commit, as `sandfit apply` does it.
Result<void> apply(InWorld& in, const std::string& content, Lifetime lifetime = Lifetime::until_reboot) {
    const auto state = in.manager.load(in.world.unit);
    if (!state) return state.error();
    const auto plan = plan_change(in.around, *state, lifetime, true);
    if (!plan) return plan.error();
    auto changer = Changer::begin(in.around, *plan);
    if (!changer) return changer.error();
    const auto apply_steps = [&]() -> Result<void> {
        if (auto done = changer->write(content); !done) return done;
        if (auto done = changer->reload(); !done) return done;
        if (state->is_running()) {
            if (auto done = changer->restart({}); !done) return done;
            if (auto done = changer->watch(milliseconds(1000)); !done) return done;
        }
        return changer->commit();
    };
    auto done = apply_steps();
    if (!done) {
        if (auto back = changer->roll_back(); !back) return back.error();
    }
    return done;
}

void expect_same(const World& now, const World& before) {
    CHECK(now.files == before.files);
    CHECK(now.directories == before.directories);
    CHECK(now.drop_ins() == now.read_by_systemd);
    CHECK(now.running_under == before.running_under);
    CHECK(!now.failed);
}

World running() {
    World world;
    world.start();
    return world;
}

World running_under_one_by_hand() {
    World world;
    world.directories.insert("/run/systemd/system/sample.service.d");
    world.files[kRun] = "by hand";
    world.read_by_systemd = world.drop_ins();
    world.start();
    return world;
}

/// How many calls `act` makes when nothing goes wrong.
int calls_of(World world, const std::function<void(InWorld&)>& act) {
    InWorld in(world);
    act(in);
    return world.calls;
}

}  // namespace

TEST_CASE("a drop-in is in force after its change, and a rollback leads back") {
    World world = running();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "new"));
    CHECK(world.files.at(kRun) == "new");
    REQUIRE(world.running_under);
    CHECK(world.running_under->at(kRun) == "new");

    const auto back = roll_back(in.around, world.unit, Which::all);
    REQUIRE(back);
    CHECK(back->changes.size() == 1);
    CHECK(back->restarted);
    expect_same(world, before);
}

TEST_CASE("a second rollback is a clean no-op") {
    World world = running();
    InWorld in(world);
    REQUIRE(apply(in, "new"));
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    const World once = world;
    const auto again = roll_back(in.around, world.unit, Which::all);
    REQUIRE(again);
    CHECK(again->changes.empty());
    CHECK(!again->restarted);
    CHECK(world.runs == once.runs);
    CHECK(world.files == once.files);
}

TEST_CASE("a change over one that stands is undone to what stood, and a rollback leads to before both") {
    World world = running();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "first"));
    const World with_first = world;

    world.starts = [](const auto& drop_ins) { return drop_ins.count(kRun) == 0 || drop_ins.at(kRun) != "bad"; };
    CHECK(!apply(in, "bad"));
    CHECK(world.files == with_first.files);
    CHECK(world.running_under == with_first.running_under);

    REQUIRE(apply(in, "second"));
    CHECK(world.running_under->at(kRun) == "second");
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    expect_same(world, before);
}

TEST_CASE("a drop-in of another's hand with our name comes back") {
    World world = running_under_one_by_hand();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "first"));
    REQUIRE(apply(in, "second"));
    CHECK(world.files.at(kRun) == "second");
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    expect_same(world, before);
}

TEST_CASE("a persistent change over a passing one: both go") {
    World world = running();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "passing"));
    REQUIRE(apply(in, "persistent", Lifetime::persistent));
    CHECK(world.files.at(kEtc) == "persistent");
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    expect_same(world, before);
}

TEST_CASE("a passing change under a persistent drop-in would have no effect, and is refused") {
    World world = running();
    InWorld in(world);
    REQUIRE(apply(in, "persistent", Lifetime::persistent));
    const auto refused = apply(in, "passing");
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    CHECK(refused.error().what.find(kEtc) != std::string::npos);
}

TEST_CASE("a unit that does not run stays so, and its former state with it") {
    World world;
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "new"));
    CHECK(!world.running_under);
    CHECK(world.runs == 0);
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    expect_same(world, before);
    CHECK(world.runs == 0);
}

TEST_CASE("a unit that does not start, dies while it is watched, or is started again by systemd is led back") {
    World world = running();
    const World before = world;
    std::string what;
    SECTION("does not start") {
        world.starts = [](const auto& drop_ins) { return drop_ins.empty(); };
        what = "failed";
    }
    SECTION("dies") {
        world.while_watched = [](World& at_work) {
            if (!at_work.running_under || at_work.running_under->empty()) return;
            at_work.running_under.reset();
            at_work.failed = true;
        };
        what = "it failed";
    }
    SECTION("ends by itself") {
        world.while_watched = [](World& at_work) {
            if (at_work.running_under && !at_work.running_under->empty()) at_work.running_under.reset();
        };
        what = "although nobody stopped it";
    }
    SECTION("is started again") {
        world.while_watched = [](World& at_work) { ++at_work.restarts_by_systemd; };
        what = "started again by systemd";
    }
    InWorld in(world);
    const auto failed = apply(in, "new");
    REQUIRE(!failed);
    CHECK(failed.error().what.find(what) != std::string::npos);
    expect_same(world, before);
    const auto nothing = roll_back(in.around, world.unit, Which::all);
    REQUIRE(nothing);
    CHECK(nothing->changes.empty());
}

TEST_CASE("an error at each call of a change leads back at once, or is made good by a rollback") {
    for (const bool had_drop_in : {false, true}) {
        const World start = had_drop_in ? running_under_one_by_hand() : running();
        const int calls = calls_of(start, [](InWorld& in) { REQUIRE(apply(in, "new")); });
        REQUIRE(calls > 10);
        for (int at = 1; at <= calls; ++at) {
            INFO("call " << at << " of " << calls);
            World world = start;
            world.fault_at = at;
            InWorld in(world);
            // What comes after the record says "done" no longer concerns the unit: the change stands then.
            (void)apply(in, "new");
            REQUIRE(roll_back(in.around, world.unit, Which::all));
            expect_same(world, start);
        }
    }
}

TEST_CASE("a change stands although the copy that it replaced cannot be removed") {
    World world = running_under_one_by_hand();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "first"));
    // Its last call.
    world.fault_at = calls_of(world, [](InWorld& copied) { REQUIRE(apply(copied, "second")); });
    CHECK(apply(in, "second"));
    CHECK(world.running_under->at(kRun) == "second");
    world.fault_at = 0;
    REQUIRE(roll_back(in.around, world.unit, Which::all));
    CHECK(world.drop_ins() == before.drop_ins());
    CHECK(world.running_under == before.running_under);
}

TEST_CASE("a later round does not take the record back to an earlier step") {
    World world = running();
    InWorld in(world);
    const auto plan = plan_change(in.around, *in.manager.load(world.unit), Lifetime::until_reboot, true);
    REQUIRE(plan);
    auto changer = Changer::begin(in.around, *plan);
    REQUIRE(changer);
    for (const char* content : {"first round", "second round"}) {
        REQUIRE(changer->write(content));
        REQUIRE(changer->reload());
        REQUIRE(changer->about_to_restart());
        world.start();
    }
    REQUIRE(changer->write("third round"));
    CHECK(in.records.read(world.unit)->back().step == Step::restart);
    CHECK(world.files.at(kRun) == "third round");
}

TEST_CASE("a death before or after each call of a change is made good by a rollback") {
    for (const Fault fault : {Fault::death_before, Fault::death_after}) {
        const World start = running();
        const int calls = calls_of(start, [](InWorld& in) { REQUIRE(apply(in, "new")); });
        for (int at = 1; at <= calls; ++at) {
            INFO("call " << at << " of " << calls);
            World world = start;
            world.fault = fault;
            world.fault_at = at;
            bool stands = false;
            {
                InWorld in(world);
                CHECK_THROWS_AS(apply(in, "new"), Death);
            }
            world.fault_at = 0;
            // Whoever watches over us: only what did not come to its end.
            InWorld guard(world);
            REQUIRE(roll_back(guard.around, world.unit, Which::pending));
            stands = world.running_under != start.running_under;
            if (stands) {
                CHECK(world.running_under->at(kRun) == "new");
                REQUIRE(roll_back(guard.around, world.unit, Which::all));
            }
            expect_same(world, start);
        }
    }
}

TEST_CASE("a rollback that fails or dies at any call can be done again") {
    const World start = running();
    World changed = start;
    {
        InWorld in(changed);
        REQUIRE(apply(in, "new"));
    }
    changed.calls = 0;
    const int calls =
        calls_of(changed, [](InWorld& in) { REQUIRE(roll_back(in.around, in.world.unit, Which::all)); });
    for (const Fault fault : {Fault::error, Fault::death_before, Fault::death_after}) {
        for (int at = 1; at <= calls; ++at) {
            INFO("call " << at << " of " << calls);
            World world = changed;
            world.fault = fault;
            world.fault_at = at;
            InWorld in(world);
            try {
                if (fault == Fault::error)
                    CHECK(!roll_back(in.around, world.unit, Which::all));
                else
                    (void)roll_back(in.around, world.unit, Which::all);
            } catch (const Death&) {
            }
            REQUIRE(roll_back(in.around, world.unit, Which::all));
            expect_same(world, start);
        }
    }
}

TEST_CASE("after a reboot a passing drop-in is gone, and the rollback leaves the unit alone") {
    World world = running();
    InWorld in(world);
    REQUIRE(apply(in, "new"));
    world.files.erase(kRun);
    world.directories.erase("/run/systemd/system/sample.service.d");
    world.read_by_systemd.clear();
    world.start();
    const int runs = world.runs;
    in.around.boot = "boot-2";
    const auto back = roll_back(in.around, world.unit, Which::all);
    REQUIRE(back);
    CHECK(back->changes.size() == 1);
    CHECK(!back->restarted);
    CHECK(world.runs == runs);
    CHECK(world.drop_ins().empty());
}

TEST_CASE("after a reboot a persistent drop-in is rolled back, and the unit with it") {
    World world = running();
    const World before = world;
    InWorld in(world);
    REQUIRE(apply(in, "new", Lifetime::persistent));
    world.start();
    in.around.boot = "boot-2";
    const auto back = roll_back(in.around, world.unit, Which::all);
    REQUIRE(back);
    CHECK(back->restarted);
    expect_same(world, before);
}

TEST_CASE("while a change is pending no other one begins") {
    World world = running();
    InWorld in(world);
    const auto plan = plan_change(in.around, *in.manager.load(world.unit), Lifetime::until_reboot, true);
    REQUIRE(plan);
    auto changer = Changer::begin(in.around, *plan);
    REQUIRE(changer);
    const auto second = plan_change(in.around, *in.manager.load(world.unit), Lifetime::until_reboot, true);
    REQUIRE(!second);
    CHECK(second.error().hint.find("sandfit rollback sample.service") != std::string::npos);
}
