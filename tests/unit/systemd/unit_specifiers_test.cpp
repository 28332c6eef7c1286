#include "systemd/unit_specifiers.h"

#include <string>

#include "support/catch.h"

using namespace sandfit::systemd;

TEST_CASE("what follows from a unit's name is filled in") {
    struct Row {
        const char* unit;
        const char* text;
        std::string expanded;
    };
    const auto row = GENERATE(values<Row>({
        {"foo.service", "%n %N %p %i.", "foo.service foo foo ."},
        {"foo-bar@a-b\\x2dc.service", "%n|%N|%p|%i", "foo-bar@a-b\\x2dc.service|foo-bar@a-b\\x2dc|foo-bar|a-b\\x2dc"},
        {"foo-bar@a-b\\x2dc.service", "%P|%I|%j|%J|%f", "foo/bar|a/b-c|bar|bar|/a/b-c"},
        {"foo-bar.service", "%f %j", "/foo/bar bar"},
        {"a@b@c.service", "%p|%i", "a|b@c"},
        {"a.b@c.d.service", "%p|%i|%N", "a.b|c.d|a.b@c.d"},
        {"a@-.service", "%f", "/"},
        {"foo.service", "%t %S %C %L %E %h %u %U %g %G %d",
         "/run /var/lib /var/cache /var/log /etc /root root 0 root 0 /run/credentials/foo.service"},
        {"foo.service", "100%% %- % %", "100% %- % %"},
        {"foo.service", "%%i", "%i"},
    }));
    INFO(row.unit << " " << row.text);
    const auto expanded = expand_specifiers(row.text, UnitNameParts(row.unit));
    CHECK(expanded.text == row.expanded);
    CHECK(expanded.unknown.empty());
}

TEST_CASE("what only the host knows stays, and is told") {
    const UnitNameParts unit("a@\\x2f\\x2e\\x2e.service");
    const auto host = expand_specifiers("/var/%m/%i/%H", unit);
    CHECK(host.text == "/var/%m/\\x2f\\x2e\\x2e/%H");
    CHECK(host.unknown == "%m");
    // An instance that is no path, or whose escapes are broken.
    CHECK(expand_specifiers("%f", unit).unknown == "%f");
    CHECK(expand_specifiers("%I", UnitNameParts("a@\\x4.service")).unknown == "%I");
    CHECK(expand_specifiers("%q", unit).unknown == "%q");
}

TEST_CASE("the parts of names") {
    const UnitNameParts template_unit("foo@.service");
    CHECK(template_unit.is_template());
    CHECK(template_unit.with_instance("x") == "foo@x.service");
    const UnitNameParts instance("foo@x.service");
    CHECK_FALSE(instance.is_template());
    CHECK(instance.template_name() == "foo@.service");
    CHECK_FALSE(UnitNameParts("foo.service").has_at);
}
