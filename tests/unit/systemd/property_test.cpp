// Properties of the bus in the words of `systemctl show`. The values are those that a running systemd 252
// reported for units with these settings.
#include "systemd/property.h"

#include <string>
#include <utility>

#include "support/catch.h"

using namespace sandfit::systemd;
using Words = std::vector<std::string>;

namespace {

Value text(std::string value) {
    return Value{std::move(value)};
}
Value yes(bool value) {
    return Value{value};
}
Value number(std::uint64_t value) {
    return Value{value};
}
Value integer(std::int64_t value) {
    return Value{value};
}
Value list(Value::List items) {
    return Value{std::move(items)};
}
Value texts(const Words& words) {
    Value::List items;
    for (const auto& word : words) items.push_back(text(word));
    return list(std::move(items));
}

Words words_of(const std::string& name, std::string signature, Value value) {
    const auto words = setting_words(name, Property{std::move(signature), std::move(value)});
    return words.has_value() ? *words : Words{"(no setting)"};
}

}  // namespace

TEST_CASE("plain settings are words") {
    CHECK(words_of("PrivateTmp", "b", yes(true)) == Words{"yes"});
    CHECK(words_of("PrivateTmp", "b", yes(false)) == Words{"no"});
    CHECK(words_of("ProtectSystem", "s", text("strict")) == Words{"strict"});
    CHECK(words_of("User", "s", text("")).empty());
    CHECK(words_of("ReadWritePaths", "as", texts({"-/a b", "/c\n%"})) == Words{"-/a b", "/c\n%"});
    CHECK(words_of("TasksMax", "t", number(28909)) == Words{"28909"});
    CHECK(words_of("TasksMax", "t", number(UINT64_MAX)) == Words{"infinity"});
    CHECK(words_of("Nice", "i", integer(-5)) == Words{"-5"});
    CHECK(words_of("LogLevelMax", "i", integer(-1)) == Words{"-1"});
}

TEST_CASE("modes are octal") {
    CHECK(words_of("UMask", "u", number(18)) == Words{"0022"});
    CHECK(words_of("RuntimeDirectoryMode", "u", number(493)) == Words{"0755"});
}

TEST_CASE("filters are lists, with a tilde in front when they deny") {
    CHECK(words_of("SystemCallFilter", "(bas)", list({yes(true), texts({"read", "write"})})) ==
          Words{"read", "write"});
    CHECK(words_of("SystemCallFilter", "(bas)", list({yes(false), texts({"mount", "umount2"})})) ==
          Words{"~mount", "umount2"});
    CHECK(words_of("SystemCallFilter", "(bas)", list({yes(false), texts({})})).empty());
    CHECK(words_of("RestrictAddressFamilies", "(bas)", list({yes(true), texts({})})) == Words{"none"});
    CHECK(words_of("RestrictFileSystems", "(bas)", list({yes(true), texts({})})).empty());
}

TEST_CASE("capability masks are names") {
    CHECK(words_of("AmbientCapabilities", "t", number(0)).empty());
    CHECK(words_of("CapabilityBoundingSet", "t", number(1u << 10 | 1u << 0)) ==
          Words{"CAP_CHOWN", "CAP_NET_BIND_SERVICE"});
    const auto all = words_of("CapabilityBoundingSet", "t", number(UINT64_MAX));
    CHECK(all.size() >= 38);
    CHECK(all.size() < 64);
}

TEST_CASE("masks and numbers with a meaning are words") {
    CHECK(words_of("RestrictNamespaces", "t", number(UINT64_MAX)) == Words{"no"});
    CHECK(words_of("RestrictNamespaces", "t", number(0)) == Words{"yes"});
    CHECK(words_of("RestrictNamespaces", "t", number(0x44000000)) == Words{"net", "uts"});
    CHECK(words_of("SystemCallErrorNumber", "i", integer(2147483646)) == Words{"kill"});
    CHECK(words_of("SystemCallErrorNumber", "i", integer(1)) == Words{"EPERM"});
    CHECK(words_of("MountFlags", "t", number(1u << 19)) == Words{"slave"});
}

TEST_CASE("lists of pairs are written as in unit files") {
    CHECK(words_of("DeviceAllow", "a(ss)", list({texts({"/dev/null", "rw"}), texts({"char-rtc", ""})})) ==
          Words{"/dev/null rw", "char-rtc"});
    CHECK(words_of("TemporaryFileSystem", "a(ss)", list({texts({"/srv", "ro"}), texts({"/x", ""})})) ==
          Words{"/srv:ro", "/x"});
    CHECK(words_of("BindPaths", "a(ssbt)",
                   list({list({text("/a"), text("/b"), yes(true), number(16384)}),
                         list({text("/c"), text("/d"), yes(false), number(0)})})) ==
          Words{"-/a:/b:rbind", "/c:/d:norbind"});
    CHECK(words_of("EnvironmentFiles", "a(sb)", list({list({text("/e"), yes(true)})})) == Words{"-/e"});
    CHECK(words_of("AppArmorProfile", "(bs)", list({yes(true), text("p")})) == Words{"-p"});
    CHECK(words_of("AppArmorProfile", "(bs)", list({yes(false), text("")})).empty());
    const auto byte = [](std::uint64_t value) { return number(value); };
    CHECK(words_of("IPAddressAllow", "a(iayu)",
                   list({list({integer(2), list({byte(10), byte(0), byte(0), byte(0)}), number(8)})})) ==
          Words{"10.0.0.0/8"});
    // systemd gives them in another order after each boot.
    CHECK(words_of("IPAddressDeny", "a(iayu)",
                   list({list({integer(2), list({byte(9), byte(0), byte(0), byte(0)}), number(8)}),
                         list({integer(2), list({byte(10), byte(0), byte(0), byte(0)}), number(8)})})) ==
          Words{"10.0.0.0/8", "9.0.0.0/8"});
    CHECK(words_of("SocketBindAllow", "a(iiqq)",
                   list({list({integer(2), integer(6), number(11), number(80)}),
                         list({integer(10), integer(17), number(1), number(53)}),
                         list({integer(0), integer(0), number(1), number(443)}),
                         list({integer(0), integer(6), number(0), number(0)}),
                         list({integer(0), integer(0), number(0), number(0)})})) ==
          Words{"ipv4:tcp:80-90", "ipv6:udp:53", "443", "tcp", "any"});
}

TEST_CASE("what changes while a unit runs is no setting") {
    for (const char* name : {"MainPID", "ActiveEnterTimestamp", "MemoryCurrent", "CPUUsageNSec", "IPIngressBytes",
                             "Result", "ControlGroup", "NRestarts"}) {
        INFO(name);
        CHECK_FALSE(setting_words(name, Property{"t", number(1)}).has_value());
    }
}

TEST_CASE("a value of another type than its signature says is empty, not a crash") {
    CHECK(words_of("PrivateTmp", "b", text("x")) == Words{"no"});
    CHECK(words_of("ReadWritePaths", "as", yes(true)).empty());
    CHECK(words_of("SystemCallFilter", "(bas)", list({})).empty());
    CHECK(words_of("BindPaths", "a(ssbt)", list({list({})})).size() == 1);
    CHECK(words_of("IPAddressAllow", "a(iayu)", list({list({integer(2), list({number(1)}), number(8)})})).empty());
    CHECK(words_of("Mystery", "a{sv}", list({})) == Words{"(no setting)"});
}

TEST_CASE("a unit's state is read from its properties") {
    Properties unit;
    unit["Id"] = {"s", text("real.service")};
    unit["LoadState"] = {"s", text("loaded")};
    unit["ActiveState"] = {"s", text("active")};
    unit["RefuseManualStop"] = {"b", yes(true)};
    unit["CanStart"] = {"b", yes(true)};
    unit["Wants"] = {"as", texts({"a.service"})};
    unit["TriggeredBy"] = {"as", texts({"real.socket"})};
    Properties service;
    service["MainPID"] = {"u", number(391)};
    service["ControlGroup"] = {"s", text("/system.slice/real.service")};
    service["ProtectSystem"] = {"s", text("full")};
    const auto command = [](const char* path, Value flags) {
        return list({text(path), texts({path, "-d"}), std::move(flags), number(0)});
    };
    service["ExecStartPre"] = {"a(sasbttttuii)", list({command("/a", yes(true)), command("/b", yes(false))})};
    service["ExecStartPreEx"] = {
        "a(sasasttttuii)", list({command("/a", texts({"ignore-failure", "privileged"})), command("/b", texts({}))})};
    service["ExecStart"] = {"a(sasbttttuii)", list({command("/c", yes(true))})};

    const auto state = unit_state(unit, service);
    CHECK(state.id == "real.service");
    CHECK(state.main_pid == 391);
    CHECK(state.control_group == "/system.slice/real.service");
    CHECK(state.is_running());
    CHECK(state.triggered_by == Words{"real.socket"});
    CHECK(state.settings.scalar("ProtectSystem") == "full");
    CHECK(state.settings.values.count("MainPID") == 0);
    CHECK(state.settings.values.count("Wants") == 0);
    CHECK(state.settings.values.count("ExecStartPreEx") == 0);
    CHECK(state.settings.values.at("ExecStartPre") == Words{"-+/a -d", "/b -d"});
    CHECK(state.settings.values.at("ExecStart") == Words{"-/c -d"});
    REQUIRE(state.commands.size() == 3);
    for (const auto& one : state.commands) CHECK(one.is_privileged() == (one.path == "/a"));
}

TEST_CASE("a unit that cannot be observed or restarted is told why") {
    UnitState state;
    state.id = "x.service";
    state.load_state = "loaded";
    state.active_state = "active";
    state.can_start = true;
    CHECK(check_loaded(state).has_value());
    CHECK(check_restartable(state).has_value());

    auto refuses = state;
    refuses.refuse_manual_stop = true;
    CHECK(check_loaded(refuses).has_value());
    REQUIRE_FALSE(check_restartable(refuses).has_value());
    CHECK(check_restartable(refuses).error().what.find("RefuseManualStop=yes") != std::string::npos);
    refuses.active_state = "inactive";
    CHECK(check_restartable(refuses).has_value());

    for (const char* load_state : {"not-found", "masked", "bad-setting", "error"}) {
        auto broken = state;
        broken.load_state = load_state;
        REQUIRE_FALSE(check_loaded(broken).has_value());
        CHECK_FALSE(check_restartable(broken).has_value());
        CHECK_FALSE(check_loaded(broken).error().hint.empty());
    }
}
