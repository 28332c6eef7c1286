#include "systemd/known_hosts.h"

#include "support/catch.h"
#include "systemd/security_items.h"

using namespace sandfit;

TEST_CASE("there are tables of the releases that are promised, and each is whole") {
    CHECK(systemd::known_versions() == std::vector<int>{252, 257});
    for (const int version : systemd::known_versions()) {
        const auto host = systemd::host_of_version(version);
        REQUIRE(host.has_value());
        INFO(version);
        CHECK(host->systemd_version == version);
        CHECK(host->knows("ProtectSystem"));
        CHECK_FALSE(host->knows("ProtectIdmap"));
        CHECK(host->syscalls.count("openat") == 1);
        CHECK(host->syscall_groups.at("@file-system").size() > 50);
    }
}

TEST_CASE("releases differ, and their tables show it") {
    const auto older = systemd::host_of_version(252);
    const auto newer = systemd::host_of_version(257);
    REQUIRE((older.has_value() && newer.has_value()));
    CHECK_FALSE(older->knows("PrivatePIDs"));
    CHECK(newer->knows("PrivatePIDs"));
    CHECK(older->features.count("BPF_FRAMEWORK") == 0);
    CHECK(newer->features.count("BPF_FRAMEWORK") == 1);
    // Without BPF, systemd does not tell its groups of file systems.
    CHECK(older->file_system_groups.empty());
    CHECK(newer->file_system_groups.at("@temporary") == std::vector<std::string>{"ramfs", "tmpfs"});
}

TEST_CASE("a version in between is taken as the one below it, and one before all of them is refused") {
    CHECK(systemd::host_of_version(255)->systemd_version == 252);
    CHECK(systemd::host_of_version(300)->systemd_version == 257);
    const auto refused = systemd::host_of_version(240);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().hint.find("252, 257") != std::string::npos);
}
