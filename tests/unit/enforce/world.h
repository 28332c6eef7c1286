// A host in memory: files, and a systemd with one unit that really runs under what it last read. At any call to
// either a fault can be put: an error, or the death of the caller.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "enforce/changer.h"

namespace sandfit::test {

/// Thrown where the process dies.
struct Death {};

enum class Fault { error, death_before, death_after };

struct World {
    const std::string unit = "sample.service";
    std::map<std::string, std::string> files;
    std::set<std::string> directories{"/run/systemd/system", "/etc/systemd/system"};

    // systemd's side
    std::map<std::string, std::string> read_by_systemd;  ///< the drop-ins at its last reload
    std::optional<std::map<std::string, std::string>> running_under;
    int runs = 0;
    int restarts_by_systemd = 0;
    bool failed = false;
    std::function<bool(const std::map<std::string, std::string>&)> starts = [](const auto&) { return true; };
    std::function<void(World&)> while_watched;

    int calls = 0;
    int fault_at = 0;  ///< the number of the call, from 1; 0: never
    Fault fault = Fault::error;

    void start() {
        ++runs;
        failed = !starts(read_by_systemd);
        running_under.reset();
        if (!failed) running_under = read_by_systemd;
    }
    std::map<std::string, std::string> drop_ins() const {
        std::map<std::string, std::string> found;
        for (const auto& [path, content] : files) {
            if (path.ends_with(".conf")) found[path] = content;
        }
        return found;
    }

    /// Every call goes through here.
    template <typename Do>
    auto call(Do act) -> decltype(act()) {
        const bool hit = ++calls == fault_at;
        if (hit && fault == Fault::error) return Error{ErrorKind::failed, "a fault of the test", 28, ""};
        if (hit && fault == Fault::death_before) throw Death{};
        auto result = act();
        if (hit && fault == Fault::death_after) throw Death{};
        return result;
    }
};

class FilesInMemory final : public enforce::Files {
public:
    explicit FilesInMemory(World& world) : world_(world) {}

    Result<bool> exists(const std::string& path) override {
        return world_.call(
            [&]() -> Result<bool> { return world_.files.count(path) != 0 || world_.directories.count(path) != 0; });
    }
    Result<std::optional<std::string>> read(const std::string& path) override {
        return world_.call([&]() -> Result<std::optional<std::string>> {
            const auto it = world_.files.find(path);
            return it == world_.files.end() ? std::nullopt : std::optional<std::string>(it->second);
        });
    }
    Result<void> write(const std::string& path, std::string_view content) override {
        return world_.call([&]() -> Result<void> {
            world_.files[path] = content;
            return {};
        });
    }
    Result<void> keep(const std::string& path, const std::string& copy) override {
        return world_.call([&]() -> Result<void> {
            world_.files[copy] = world_.files.at(path);
            return {};
        });
    }
    Result<bool> put_back(const std::string& copy, const std::string& path) override {
        return world_.call([&]() -> Result<bool> {
            const auto it = world_.files.find(copy);
            if (it == world_.files.end()) return false;
            world_.files[path] = it->second;
            world_.files.erase(copy);
            return true;
        });
    }
    Result<bool> remove(const std::string& path) override {
        return world_.call([&]() -> Result<bool> { return world_.files.erase(path) != 0; });
    }
    Result<bool> make_directory(const std::string& path) override {
        return world_.call([&]() -> Result<bool> { return world_.directories.insert(path).second; });
    }
    Result<void> remove_directory(const std::string& path) override {
        return world_.call([&]() -> Result<void> {
            for (const auto& [file, content] : world_.files) {
                if (file.starts_with(path + "/")) return {};
            }
            world_.directories.erase(path);
            return {};
        });
    }

private:
    World& world_;
};

class SystemdInMemory final : public systemd::ServiceManager {
public:
    explicit SystemdInMemory(World& world) : world_(world) {}

    Result<systemd::UnitState> load(const std::string& unit) override {
        return world_.call([&]() -> Result<systemd::UnitState> { return state(unit); });
    }
    Result<void> start(const std::string& unit, std::chrono::seconds limit, systemd::ShouldStop stop) override {
        return restart(unit, limit, std::move(stop));
    }
    Result<void> restart(const std::string&, std::chrono::seconds, systemd::ShouldStop) override {
        return world_.call([&]() -> Result<void> {
            world_.start();
            if (world_.failed) return Error{ErrorKind::failed, "the job ended as \"failed\"", 0, ""};
            return {};
        });
    }
    Result<void> stop(const std::string&, std::chrono::seconds, systemd::ShouldStop) override {
        return world_.call([&]() -> Result<void> {
            world_.running_under.reset();
            return {};
        });
    }
    Result<void> reload(const std::string&, std::chrono::seconds, systemd::ShouldStop) override { return {}; }
    Result<void> daemon_reload() override {
        return world_.call([&]() -> Result<void> {
            world_.read_by_systemd = world_.drop_ins();
            return {};
        });
    }
    Result<void> reset_failed(const std::string&) override {
        return world_.call([&]() -> Result<void> {
            world_.failed = false;
            return {};
        });
    }

    systemd::UnitState state(const std::string& unit) const {
        systemd::UnitState state;
        state.id = unit;
        state.load_state = "loaded";
        state.type = "notify";
        state.active_state = world_.running_under ? "active" : world_.failed ? "failed" : "inactive";
        state.result = world_.failed ? "exit-code" : "success";
        state.invocation = world_.runs == 0 ? "" : std::to_string(world_.runs);
        state.restarts = static_cast<std::uint64_t>(world_.restarts_by_systemd);
        return state;
    }

private:
    World& world_;
};

/// All that a change needs, in a world.
struct InWorld {
    explicit InWorld(World& the_world)
        : world(the_world),
          files(the_world),
          records(files),
          manager([&the_world]() -> Result<std::unique_ptr<systemd::ServiceManager>> {
              return std::unique_ptr<systemd::ServiceManager>(std::make_unique<SystemdInMemory>(the_world));
          }),
          around{files,
                 records,
                 manager,
                 [&the_world](std::chrono::milliseconds) {
                     if (the_world.while_watched) the_world.while_watched(the_world);
                     return true;
                 },
                 {},
                 [] { return std::int64_t{1}; },
                 "boot-1"} {}

    World& world;
    FilesInMemory files;
    enforce::Records records;
    enforce::Manager manager;
    enforce::Surroundings around;
};

}  // namespace sandfit::test
