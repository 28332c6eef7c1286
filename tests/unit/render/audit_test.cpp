// Audits as files in tests/golden/audit/ (SANDFIT_ACCEPT=1 rewrites them; review the difference then), and the unit
// file that is scored.
#include "render/audit.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "render/audit_unit_file.h"
#include "sample.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace sandfit;

namespace {

void check_golden(const std::string& name, const std::string& text) {
    tests::check_golden("audit/" + name, text);
}

AuditItem item(std::string id, std::string name, std::string directive, int now, int after) {
    AuditItem made;
    made.directive = std::move(directive);
    made.now = {id, name, "Service may do what " + id + " says", now == 0, Exposure{now}};
    made.after = {std::move(id), std::move(name), "it may not", after == 0, Exposure{after}};
    return made;
}

UnitSettings settings() {
    UnitSettings present;
    present.values = {{"ProtectSystem", {"no"}},
                      {"PrivateTmp", {"yes"}},
                      {"User", {""}},
                      {"CapabilityBoundingSet", {"CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN"}},
                      {"SystemCallFilter", {"~mount", "umount2", "swapon"}},
                      {"RootDirectory", {"/srv/\x1b[31mroot"}}};
    return present;
}

/// Items of all sorts: closed, open, kept, unknown, without points, several of one directive.
Audit audit() {
    Audit made;
    made.unit = "nginx.service";
    made.has_profile = true;
    made.now = Exposure{96};
    made.rating_now = "UNSAFE";
    made.after = Exposure{52};
    made.rating_after = "MEDIUM";
    made.threshold = Exposure{50};
    made.suggestions = sample::suggestions();
    Suggestion advice;
    advice.directive = "TasksMax";
    advice.reason = "at most 12 tasks at a time were seen (by pids.peak): a value with a raw \n byte in its reason";
    made.suggestions.push_back(advice);
    made.items = {
        item("ProtectSystem", "ProtectSystem=", "ProtectSystem", 2, 0),
        item("PrivateTmp", "PrivateTmp=", "PrivateTmp", 0, 0),
        item("NoNewPrivileges", "NoNewPrivileges=", "NoNewPrivileges", 2, 2),
        item("CapabilityBoundingSet_CAP_SYS_ADMIN", "CapabilityBoundingSet=~CAP_SYS_ADMIN", "CapabilityBoundingSet",
             3, 0),
        item("CapabilityBoundingSet_CAP_KILL", "CapabilityBoundingSet=~CAP_KILL", "CapabilityBoundingSet", 1, 1),
        item("SystemCallFilter_swap", "SystemCallFilter=~@swap", "SystemCallFilter", 0, 0),
        item("PrivateUsers", "PrivateUsers=", "PrivateUsers", 2, 2),
        item("RootDirectoryOrRootImage", "RootDirectory=/RootImage=", "RootDirectory", 1, 1),
        item("Newest\n", "Newest=\x1b[31m\n", "", 1, 1),
    };
    made.items[7].not_derived = "it needs a file system";
    made.items[6].now.set = std::nullopt;
    made.contradictions = {{"ProtectSystem", {"strict"}, {2, 3}},
                           {"SystemCallFilter", {"~a\n", "b", "c", "d", "e", "f", "g", "h", "i"}, {0, 999}}};
    made.notes = {
        "a note that is long enough to be wrapped where a hundred columns end, with a raw \x1b[31m byte in it"};
    return made;
}

Audit without_profile() {
    Audit made = audit();
    made.has_profile = false;
    made.after.reset();
    made.rating_after.clear();
    made.threshold.reset();
    made.suggestions.clear();
    made.contradictions.clear();
    for (auto& entry : made.items) entry.after.reset();
    return made;
}

std::string unit_file(UnitSettings present, const std::vector<Suggestion>& suggestions) {
    constexpr std::string_view kNames[] = {
        "DefaultDependencies", "User",          "DeviceAllow", "PrivateTmp",
        "PrivateMounts",       "RootDirectory", "UMask",       "CapabilityBoundingSet"};
    return render::audit_unit_file(present, kNames, suggestions).text;
}

}  // namespace

TEST_CASE("an audit as text and as JSON is as it was accepted") {
    render::TextOptions options;
    check_golden("audit.txt", render::audit_text(audit(), sample::profile(), settings(), options));
    check_golden("audit.json", render::audit_json(audit(), sample::profile(), settings(), "0.1.0"));
    check_golden("without_profile.txt", render::audit_text(without_profile(), Profile(), settings(), options));
    check_golden("without_profile.json", render::audit_json(without_profile(), Profile(), settings(), "0.1.0"));
}

TEST_CASE("no byte of a name, a setting or a note reaches the terminal as it is") {
    render::TextOptions options;
    for (const std::size_t columns : {std::size_t{20}, std::size_t{80}, std::size_t{300}}) {
        options.columns = columns;
        const std::string text = render::audit_text(audit(), sample::profile(), settings(), options);
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(base::is_utf8(text));
    }
    CHECK(render::audit_json(audit(), sample::profile(), settings(), "").find('\x1b') == std::string::npos);
}

TEST_CASE("an exposure is written with its decimal") {
    CHECK(render::exposure_text(Exposure{0}) == "0.0");
    CHECK(render::exposure_text(Exposure{96}) == "9.6");
    CHECK(render::exposure_text(Exposure{100}) == "10.0");
}

TEST_CASE("the scored unit file has the settings, and after them what is suggested") {
    UnitSettings present;
    present.values = {{"DefaultDependencies", {"no"}},
                      {"User", {""}},
                      {"DeviceAllow", {"/dev/a rw", "char-rtc r"}},
                      {"UMask", {"0022"}},
                      {"CapabilityBoundingSet", {}},
                      {"NotScored", {"x"}}};
    CHECK(unit_file(present, {}) ==
          "[Unit]\nDefaultDependencies=no\n\n[Service]\nExecStart=/bin/true\nDeviceAllow=/dev/a rw\n"
          "DeviceAllow=char-rtc r\nUMask=0022\nCapabilityBoundingSet=\nPrivateMounts=no\n");
    Suggestion made;
    made.directive = "UMask";
    made.verdict = Verdict::suggest;
    made.items = {"0077"};
    present.values.erase("DeviceAllow");
    CHECK(unit_file(present, {made}) ==
          "[Unit]\nDefaultDependencies=no\n\n[Service]\nExecStart=/bin/true\nUMask=0022\n"
          "CapabilityBoundingSet=\nUMask=0077\nPrivateMounts=no\n");
}

TEST_CASE("a suggested bounding set takes the place of the whole one, which nobody wrote") {
    UnitSettings present;
    present.values = {{"CapabilityBoundingSet", {"CAP_CHOWN", "CAP_KILL"}}};
    Suggestion made;
    made.directive = "CapabilityBoundingSet";
    made.form = ValueForm::words;
    made.verdict = Verdict::suggest;
    made.items = {"CAP_KILL"};
    CHECK(unit_file(present, {made}).ends_with("true\nCapabilityBoundingSet=CAP_KILL\nPrivateMounts=no\n"));
    made.verdict = Verdict::keep;
    CHECK(unit_file(present, {made}).ends_with("true\nCapabilityBoundingSet=CAP_CHOWN CAP_KILL\nPrivateMounts=no\n"));
}

TEST_CASE("mounts of its own count as systemd counts them for a running unit") {
    UnitSettings present;
    present.values = {{"PrivateMounts", {"no"}}};
    CHECK(unit_file(present, {}).ends_with("PrivateMounts=no\n"));
    present.values["PrivateTmp"] = {"yes"};
    CHECK(unit_file(present, {}).ends_with("PrivateMounts=yes\n"));
    present.values["PrivateTmp"] = {"no"};
    Suggestion made;
    made.directive = "ProtectSystem";
    made.verdict = Verdict::suggest;
    made.items = {"strict"};
    CHECK(unit_file(present, {made}).ends_with("PrivateMounts=yes\n"));
    made.verdict = Verdict::abstain;
    CHECK(unit_file(present, {made}).ends_with("PrivateMounts=no\n"));
}

TEST_CASE("newer values count before the old name's word for them") {
    UnitSettings present;
    present.values = {{"PrivateTmp", {"no"}}, {"PrivateTmpEx", {"disconnected"}}};
    CHECK(unit_file(present, {}).find("\nPrivateTmp=disconnected\n") != std::string::npos);
}

TEST_CASE("a setting that no unit file can hold is left out and told") {
    constexpr std::string_view kNames[] = {"User", "RootDirectory", "UMask"};
    UnitSettings present;
    present.values = {{"User", {"a\nExecStartPre=/bin/evil"}}, {"RootDirectory", {"/a\nb"}}, {"UMask", {"0022"}}};
    const auto file = render::audit_unit_file(present, kNames, {});
    CHECK(file.text == "[Unit]\n\n[Service]\nExecStart=/bin/true\nUMask=0022\nPrivateMounts=no\n");
    REQUIRE(file.left_out.size() == 2);
    CHECK(file.left_out[0].find("User=") != std::string::npos);
}
