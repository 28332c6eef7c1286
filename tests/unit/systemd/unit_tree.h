// A root directory with units in it, made for a test and gone after it.
#ifndef SANDFIT_TESTS_UNIT_SYSTEMD_UNIT_TREE_H
#define SANDFIT_TESTS_UNIT_SYSTEMD_UNIT_TREE_H

#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_directory.h"

namespace sandfit::test {

class UnitTree {
public:
    UnitTree() : directory_(base::TemporaryDirectory::make().value()) {
        std::filesystem::create_directories(root() + "/etc/systemd/system");
        std::filesystem::create_directories(root() + "/run/systemd/system");
        std::filesystem::create_directories(root() + "/usr/lib/systemd/system");
        std::filesystem::create_directory_symlink("usr/lib", root() + "/lib");
    }

    [[nodiscard]] std::string root() const { return directory_.path() + "/root"; }
    [[nodiscard]] std::string outside() const { return directory_.path(); }

    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
        std::ofstream(root() + path, std::ios::binary) << text;
    }
    void link(const std::string& path, const std::string& target) const {
        std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
        std::filesystem::create_symlink(target, root() + path);
    }

private:
    base::TemporaryDirectory directory_;
};

inline const std::string kVendor = "/usr/lib/systemd/system/";
inline const std::string kAdmin = "/etc/systemd/system/";
inline const std::string kRuntime = "/run/systemd/system/";

}  // namespace sandfit::test

#endif
