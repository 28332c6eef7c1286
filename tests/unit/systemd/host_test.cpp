// What systemd's own programs print about the host, parsed; and that asking never fails.
#include "systemd/host.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "support/catch.h"

using namespace sandfit::systemd;
using Names = std::vector<std::string>;

TEST_CASE("the version of systemd is a number and the distribution's version") {
    const auto debian = parse_systemd_version("systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT\n");
    CHECK(debian.number == 252);
    CHECK(debian.text == "252.39-1~deb12u2");
    const auto old = parse_systemd_version("systemd 219\n+PAM\n");
    CHECK(old.number == 219);
    CHECK(old.text == "219");
    const auto candidate = parse_systemd_version("systemd 258~rc2 (258~rc2-1)\n");
    CHECK(candidate.number == 258);
    CHECK(candidate.text == "258~rc2-1");
    CHECK(parse_systemd_version("").number == 0);
    CHECK(parse_systemd_version("busybox: not found").text.empty());
}

TEST_CASE("features are what systemd was built with, not without") {
    const auto features = parse_systemd_features("systemd 252 (252.39)\n+PAM -BPF_FRAMEWORK +SECCOMP default-x=+y\n");
    CHECK(features == std::set<std::string>{"PAM", "SECCOMP"});
    CHECK(parse_systemd_features("systemd 219").empty());
    CHECK(parse_systemd_features("busybox: +x\n+PAM\n").empty());
}

TEST_CASE("groups of syscalls are read with the groups inside of them expanded") {
    const auto groups = parse_groups(
        "@default\n    # System calls that are always permitted\n    brk\n    mmap\n\n"
        "@aio\n    # Asynchronous IO\n    io_setup\n\n"
        "@outer\n    # Nested twice\n    @middle\n    read\n\n"
        "@middle\n    # Nested once\n    @aio\n    brk\n    @no-such-group\n\n");
    CHECK(groups.size() == 4);
    CHECK(groups.at("@default") == Names{"brk", "mmap"});
    CHECK(groups.at("@middle") == Names{"brk", "io_setup"});
    CHECK(groups.at("@outer") == Names{"brk", "io_setup", "read"});
}

TEST_CASE("the calls that are in no group belong to none") {
    const auto groups = parse_groups(
        "@timer\n    # Schedule operations by time\n    alarm\n\n"
        "# Ungrouped System Calls (known but not included in any of the groups except @known):\n"
        "#   seccomp\n#   syslog\n"
        "\n# Unlisted System Calls (supported by the local kernel, but not included in any of the groups listed "
        "above):\n"
        "    uprobe\n#   statmount\n");
    CHECK(groups.size() == 1);
    CHECK(groups.at("@timer") == Names{"alarm"});
}

TEST_CASE("groups of file systems are read without the numbers behind their types") {
    const auto groups = parse_groups(
        "@basic-api\n    # Basic filesystem API\n    cgroup2 (magic: 0x63677270)\n"
        "    devtmpfs (magic: 0x1021994[tmpfs])\n\n"
        "@network\n    # Well-known network filesystems\n    cifs (magic: 0xff534d42, 0xfe534d42)\n\n"
        "# Ungrouped filesystems (known but not included in any of the groups except @known):\n#   adfs\n");
    CHECK(groups.size() == 2);
    CHECK(groups.at("@basic-api") == Names{"cgroup2", "devtmpfs"});
    CHECK(groups.at("@network") == Names{"cifs"});
}

TEST_CASE("groups that contain each other do not hang") {
    const auto groups = parse_groups("@a\n    @b\n    read\n@b\n    @a\n    write\n");
    CHECK(groups.at("@a") == Names{"read", "write"});
    CHECK(groups.at("@b") == Names{"read", "write"});
    CHECK(parse_groups("\n\n  \n@\n x\n").size() == 1);
}

TEST_CASE("directives are those of the section Service that this build supports") {
    const auto directives = parse_service_directives(
        "[Unit]\nDescription=STRING\nExecStart=NO\n\n[Service]\nExecStart=PATH [ARGUMENT "
        "[...]]\nProtectSystem=OTHER\n"
        "CPUWeight=NOTSUPPORTED\n\n[Socket]\nListenStream=SOCKET\n");
    CHECK(directives == std::set<std::string>{"ExecStart", "ProtectSystem"});
    CHECK(parse_service_directives("").empty());
}

TEST_CASE("the pretty name of an os-release file is unquoted") {
    CHECK(parse_pretty_name("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n") ==
          "Debian GNU/Linux 12 (bookworm)");
    CHECK(parse_pretty_name("PRETTY_NAME=Plain\n") == "Plain");
    CHECK(parse_pretty_name("PRETTY_NAME='single'") == "single");
    CHECK(parse_pretty_name("PRETTY_NAME=\"a \\\"b\\\"\"\n") == "a \"b\"");
    CHECK(parse_pretty_name("NAME=x\n").empty());
    CHECK(parse_pretty_name("PRETTY_NAME=\"").size() == 1);
}

TEST_CASE("symbolic links are told with where they end, those that end nowhere are not") {
    namespace fs = std::filesystem;
    const std::string name = "/tmp/sandfit-links-" + std::to_string(::getpid());
    fs::create_directories(name + "/a/real");
    fs::create_directories(name + "/b");
    const std::string top = fs::canonical(name).string();
    fs::create_symlink("real", top + "/a/link");
    fs::create_symlink("../a/link", top + "/b/far");
    fs::create_symlink("nowhere", top + "/b/dangling");
    fs::create_symlink("circle", top + "/b/circle");
    using Links = std::map<std::string, std::string>;
    CHECK(links_in({top + "/a", top + "/b", top + "/missing"}) ==
          Links{{top + "/a/link", top + "/a/real"}, {top + "/b/far", top + "/a/real"}});
    CHECK(links_in({top + "/a", top + "/b"}, 0).empty());
    fs::remove_all(top);
}

TEST_CASE("this host is described as far as it can be, with or without systemd") {
    const auto identity = identify_host();
    CHECK_FALSE(identity.kernel.empty());
    CHECK_FALSE(identity.architecture.empty());

    const auto host = read_host();
    CHECK(host.architecture == identity.architecture);
    for (const char* name : {"read", "openat", "exit_group"}) CHECK(host.syscalls.count(name) == 1);
    CHECK(host.syscalls.count("no_such_call") == 0);
    if (host.systemd_version == 0) {
        WARN("SKIPPED in part: no systemd is installed here");
        return;
    }
    CHECK_FALSE(identity.systemd.empty());
    CHECK(host.knows("ProtectSystem"));
    CHECK(host.knows("SystemCallFilter"));
    CHECK_FALSE(host.knows("NoSuchDirective"));
    const auto& service = host.syscall_groups.at("@system-service");
    CHECK(std::binary_search(service.begin(), service.end(), std::string("io_setup")));
    CHECK(std::none_of(service.begin(), service.end(), [](const std::string& name) { return name.front() == '@'; }));
}
