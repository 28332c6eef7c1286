// What is written is read back as it was meant: random profiles of units that set something already, derived,
// rendered as a drop-in, and read again from the unit's fragment and that drop-in.
#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "derive/derive.h"
#include "render/drop_in.h"
#include "support/catch.h"
#include "systemd/known_hosts.h"
#include "systemd/unit_settings.h"
#include "unit/derive/random_profile.h"

using namespace sandfit;

namespace {

constexpr int kRounds = 60;  // a second each for a dozen, nearly all of it in derive

systemd::FileSettings read(const std::vector<systemd::UnitFile>& files, const std::string& unit, const Host& host) {
    const auto read = systemd::settings_of_files(files, systemd::UnitNameParts(unit), host);
    REQUIRE(read);
    return *read;
}

/// A unit that may set any of the lists that suggestions touch.
std::string random_fragment(std::mt19937& random) {
    static const std::vector<std::string> kLines = {
        "User=demo",
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "ReadWritePaths=-/var/lib/demo \"/srv/a b\" /srv/100%%",
        "CapabilityBoundingSet=CAP_CHOWN CAP_SETUID CAP_SYS_ADMIN",
        "CapabilityBoundingSet=~CAP_SYS_TIME",
        "SystemCallFilter=~@mount ptrace:EPERM",
        "SystemCallFilter=@system-service",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "RestrictAddressFamilies=~AF_PACKET",
        "RestrictNamespaces=~user",
        "IPAddressAllow=127.0.0.0/8 ::1",
        "IPAddressDeny=any",
        "DeviceAllow=/dev/kvm rw",
        "StateDirectory=demo",
        "AmbientCapabilities=CAP_NET_RAW",
        "SupplementaryGroups=adm",
        "UMask=0027",
        "ProtectHome=read-only",
    };
    std::string text = "[Service]\nExecStart=/bin/demo\n";
    for (const auto& line : kLines) {
        if (random() % 4 == 0) text += line + "\n";
    }
    return text;
}

/// A path as one word, always in single quotes: not as src/render does it.
std::string path_word(const std::string& path) {
    std::string word = "'";
    for (const char c : path) {
        if (c == '%') word += '%';
        if (c == '\'' || c == '\\') word += '\\';
        word += c;
    }
    return word + "'";
}

/// The plainest drop-in that says what the suggestions mean: one item an assignment.
std::string plainly(const std::vector<Suggestion>& suggestions) {
    std::string text = "[Service]\n";
    for (const auto& made : suggestions) {
        if (made.verdict != Verdict::suggest) continue;
        if (made.reset_first || made.items.empty()) text += made.directive + "=\n";
        const bool deny = made.form == ValueForm::words && !made.items.empty() && made.items.front().starts_with('~');
        for (const auto& item : made.items) {
            const std::string tilde = deny && !item.starts_with('~') ? "~" : "";
            const std::string word = made.form == ValueForm::paths ? path_word(item) : item;
            text += made.directive + "=" + tilde + word + "\n";
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a rendered drop-in is read back as it was meant") {
    for (const int version : {252, 257}) {
        const Host host = systemd::host_of_version(version).value();
        std::mt19937 random(static_cast<unsigned>(version));
        std::size_t compared = 0;
        for (int round = 0; round < kRounds; ++round) {
            const auto names = round % 3 == 0 ? test::Names::hostile : test::Names::plain;
            Profile profile = test::random_profile(random, host, names);
            const systemd::UnitFile fragment{"demo.service", random_fragment(random)};
            const auto standing = read({fragment}, profile.unit, host);
            profile.settings = standing.settings;
            const auto tightness = static_cast<Tightness>(round % 3);
            const auto suggestions = derive::derive(profile, host, tightness);
            // What cannot be written is left out there, and told; here it would stay.
            if (!render::left_out(suggestions).empty()) continue;

            const std::string text = render::drop_in(profile, suggestions, {tightness, "test", round % 2 == 0});
            INFO("round " << round << " of " << version << "\n" << fragment.text << "\n" << text);
            const auto written = read({fragment, {"50-sandfit.conf", text}}, profile.unit, host);
            const auto meant = read({fragment, {"plain.conf", plainly(suggestions)}}, profile.unit, host);
            CHECK(written.ignored.empty());
            CHECK(written.not_known.empty());
            REQUIRE(written.settings == meant.settings);
            for (const auto& made : suggestions) {
                if (made.verdict != Verdict::suggest || made.form != ValueForm::paths || made.items.empty()) continue;
                if (made.directive == "DeviceAllow") continue;  // systemd adds rights to them, and devices of its own
                auto expected = made.items;
                if (!made.reset_first) {
                    const auto& present = standing.settings.values.at(made.directive);
                    expected.insert(expected.begin(), present.begin(), present.end());
                }
                auto found = written.settings.values.at(made.directive);
                if (made.directive.ends_with("Directory")) {  // systemd sorts them, and keeps each once
                    std::ranges::sort(expected);
                    std::ranges::sort(found);
                    expected.erase(std::ranges::unique(expected).begin(), expected.end());
                }
                INFO(made.directive);
                REQUIRE(found == expected);
                ++compared;
            }
        }
        CHECK(compared > 5);
    }
}

TEST_CASE("what is set already, and read from files, is not suggested again") {
    const Host host = systemd::host_of_version(252).value();
    std::mt19937 random(5);
    for (int round = 0; round < kRounds / 2; ++round) {
        Profile profile = test::random_profile(random, host, test::Names::plain);
        const systemd::UnitFile fragment{"demo.service", random_fragment(random)};
        profile.settings = read({fragment}, profile.unit, host).settings;
        const auto first = derive::derive(profile, host, Tightness::balanced);
        if (!render::left_out(first).empty()) continue;
        const std::string text = render::drop_in(profile, first, {Tightness::balanced, "test", false});
        profile.settings = read({fragment, {"50-sandfit.conf", text}}, profile.unit, host).settings;
        const auto second = derive::derive(profile, host, Tightness::balanced);
        for (const auto& made : second) {
            if (made.verdict != Verdict::suggest) continue;
            if (made.directive == "RestrictFileSystems") continue;  // a systemd without BPF does not keep it
            const auto before = std::ranges::find(first, made.directive, &Suggestion::directive);
            INFO("round " << round << "\n"
                          << fragment.text << "\n"
                          << text << "\n"
                          << made.directive << "=" << base::join_with(made.items, " ") << " because " << made.reason);
            CHECK(before->verdict == Verdict::abstain);
        }
    }
}
