// What a sandbox refused, as text and as JSON.
#include "render/denials.h"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "render/escape.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace sandfit;

namespace {

Evidence seen(std::uint64_t count, std::set<std::string> executables, std::set<std::string> syscalls) {
    Evidence evidence;
    evidence.count = count;
    evidence.executables = std::move(executables);
    evidence.syscalls = std::move(syscalls);
    return evidence;
}

std::vector<Denial> sample() {
    FileFact file;
    file.op = FileOp::create;
    file.directory = "/srv/notes";
    file.kind = FileKind::regular;
    file.error = EROFS;
    file.names = {"a", "b c%n"};
    FileFact listing;
    listing.directory = "/";
    listing.names = {"home"};
    listing.kind = FileKind::directory;
    CapabilityFact check;
    check.capability = "CAP_CHOWN";
    check.syscall = "fchownat";
    check.by_root = true;
    check.lack = CapabilityLack::not_in_bounds;
    check.use = CapabilityUse::unclassified;
    check.error = EPERM;
    const auto add = [](const char* directive, ValueForm form, std::vector<std::string> items) {
        return Remedy{directive, Remedy::How::add, form, std::move(items)};
    };
    const auto leave_out = [](const char* directive) {
        return Remedy{directive, Remedy::How::leave_out, ValueForm::word, {}};
    };
    return {
        {DenialKind::refused,
         EROFS,
         file,
         seen(3, {"/usr/bin/a-program-with-a-long-name-that-is-wrapped-nowhere"}, {"openat"}),
         {{"ProtectSystem", {"strict"}, add("ReadWritePaths", ValueForm::paths, {"/srv/notes", "/srv/b c%n"})}}},
        {DenialKind::refused,
         EPERM,
         SyscallFact{"clock_settime", Abi::native, false, {EPERM}},
         seen(12, {"/usr/sbin/a", "/usr/sbin/b", "/usr/sbin/c", "/usr/sbin/d"}, {}),
         {{"ProtectClock", {"yes"}, leave_out("ProtectClock")},
          {"SystemCallFilter",
           {"read", "write", "close"},
           add("SystemCallFilter", ValueForm::words, {"clock_settime"})}}},
        {DenialKind::killed,
         0,
         SyscallFact{"ptrace", Abi::compat, true, {}, true},
         seen(1, {"/bin/gdb"}, {}),
         {{"SystemCallFilter", {"~ptrace", "swapon"}, add("SystemCallFilter", ValueForm::words, {"~ptrace"})}}},
        {DenialKind::refused,
         EPERM,
         check,
         seen(1, {}, {"fchownat"}),
         {{"CapabilityBoundingSet", {}, add("CapabilityBoundingSet", ValueForm::words, {"CAP_CHOWN"})}}},
        {DenialKind::refused,
         EAFNOSUPPORT,
         SocketFact{"AF_NETLINK", "SOCK_RAW", 0, EAFNOSUPPORT},
         seen(2, {}, {}),
         {{"RestrictAddressFamilies",
           {"AF_UNIX"},
           add("RestrictAddressFamilies", ValueForm::words, {"AF_NETLINK"})}}},
        {DenialKind::altered,
         0,
         listing,
         seen(1, {"/bin/ls"}, {"openat"}),
         {{"ProtectHome", {"tmpfs"}, {"ProtectHome", Remedy::How::set, ValueForm::word, {"read-only"}}}}},
    };
}

}  // namespace

TEST_CASE("the denials are told as they were accepted") {
    tests::check_golden("render/denials.txt", render::denials_text(sample(), {}));
    render::TextOptions narrow;
    narrow.columns = 60;
    narrow.colour = render::Colour::on;
    tests::check_golden("render/denials_narrow.txt", render::denials_text(sample(), narrow));
    tests::check_golden("render/denials.json", render::denials_json(sample()).dump(2) + "\n");
}

TEST_CASE("that nothing was refused is said, too") {
    CHECK(render::denials_text({}, {}) == "Nothing was refused.\n");
    CHECK(render::denials_json({}).dump() == "[]");
}

TEST_CASE("whatever the service calls its files, a table stays a table and JSON valid") {
    const std::string hostile = "a\nREFUSED \x1b[31m\xff\"\\%n$HOME\xe2\x80\xae";
    FileFact file;
    file.directory = "/" + hostile;
    file.names = {hostile};
    file.error = EROFS;
    const Remedy remedy{"ReadWritePaths", Remedy::How::add, ValueForm::paths, {"/" + hostile}};
    const std::vector<Denial> denials = {{DenialKind::refused,
                                          EROFS,
                                          file,
                                          seen(1, {"/" + hostile}, {hostile}),
                                          {{"ProtectSystem", {hostile}, remedy}}}};
    for (const std::string& text :
         {render::denials_text(denials, {}), render::denials_json(denials).dump(1), render::remedy_text(remedy)}) {
        CHECK(base::is_utf8(text));
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find("\nREFUSED \\x1b") == std::string::npos);
    }
    CHECK(render::remedy_text(remedy).find('\n') == std::string::npos);
}

TEST_CASE("each line of the table is as wide as was asked for, but for words that cannot be broken") {
    for (const std::size_t columns : {88U, 100U, 160U}) {
        render::TextOptions options;
        options.columns = columns;
        for (const auto& line : base::split(render::denials_text(sample(), options), '\n')) {
            INFO(line);
            const bool has_long_word = line.find("a-program-with-a-long-name") != std::string::npos;
            CHECK((render::columns_of(line) <= columns || has_long_word));
        }
    }
}
