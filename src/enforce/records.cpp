#include "enforce/records.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"

namespace sandfit::enforce {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;

constexpr std::array<std::pair<Step, const char*>, 5> kSteps{{{Step::write, "write"},
                                                              {Step::reload, "reload"},
                                                              {Step::restart, "restart"},
                                                              {Step::watch, "watch"},
                                                              {Step::done, "done"}}};

const char* name_of(Step step) {
    for (const auto& [known, name] : kSteps) {
        if (known == step) return name;
    }
    return "";
}

Json to_json(const Change& change) {
    return {{"unit", base::escape_bytes(change.unit)},
            {"persistent", change.lifetime == Lifetime::persistent},
            {"step", name_of(change.step)},
            {"restarts", change.restarts},
            {"was_active", change.was_active},
            {"invocation", base::escape_bytes(change.invocation)},
            {"boot", base::escape_bytes(change.boot)},
            {"started_us", change.started_us},
            {"drop_in", base::escape_bytes(change.former.path)},
            {"drop_in_existed", change.former.existed},
            {"copy", base::escape_bytes(change.former.copy)},
            {"directory_existed", change.former.directory_existed}};
}

/// The record is ours and root's, but a half-restored backup or an editor may have been at it.
class Reader {
public:
    explicit Reader(const Json& object) : object_(object) {}

    bool flag(const char* name) { return get(name, &Json::is_boolean, false); }
    std::int64_t number(const char* name) { return get(name, &Json::is_number_integer, std::int64_t{0}); }
    std::string text(const char* name) {
        const auto bytes = base::unescape_bytes(get(name, &Json::is_string, std::string()));
        if (!bytes) bad_ = name;
        return bytes.value_or("");
    }
    Step step(const char* name) {
        const std::string word = text(name);
        for (const auto& [known, its_name] : kSteps) {
            if (word == its_name) return known;
        }
        bad_ = name;
        return Step::write;
    }
    [[nodiscard]] const std::string& bad() const { return bad_; }

private:
    template <typename T>
    T get(const char* name, bool (Json::*is_right)() const noexcept, T fallback) {
        const auto it = object_.is_object() ? object_.find(name) : object_.end();
        if (it == object_.end() || !((*it).*is_right)()) {
            bad_ = name;
            return fallback;
        }
        return it->template get<T>();
    }

    const Json& object_;
    std::string bad_;
};

Result<Change> change_from(const Json& object, const std::string& name) {
    Reader reader(object);
    Change change;
    change.unit = reader.text("unit");
    change.lifetime = reader.flag("persistent") ? Lifetime::persistent : Lifetime::until_reboot;
    change.step = reader.step("step");
    change.restarts = reader.flag("restarts");
    change.was_active = reader.flag("was_active");
    change.invocation = reader.text("invocation");
    change.boot = reader.text("boot");
    change.started_us = reader.number("started_us");
    change.former.path = reader.text("drop_in");
    change.former.existed = reader.flag("drop_in_existed");
    change.former.copy = reader.text("copy");
    change.former.directory_existed = reader.flag("directory_existed");
    std::string bad = reader.bad();
    // What is rolled back is removed: nothing but a drop-in, whatever stands here.
    if (bad.empty() && (!change.former.path.starts_with('/') || !change.former.path.ends_with(".conf") ||
                        !base::parent_of(change.former.path).ends_with(".d"))) {
        bad = "drop_in";
    }
    if (bad.empty() && change.former.existed &&
        base::parent_of(change.former.copy) != base::parent_of(change.former.path)) {
        bad = "copy";
    }
    if (!bad.empty()) {
        return Error{ErrorKind::bad_input, fmt::format("{}: \"{}\" is missing or wrong", name, bad), 0,
                     "it is sandfit's record of a change; without it the drop-in has to be removed by hand"};
    }
    return change;
}

}  // namespace

std::string to_json(const std::vector<Change>& changes) {
    Json list = Json::array();
    for (const Change& change : changes) list.push_back(to_json(change));
    return Json{{"schema", kSchema}, {"changes", std::move(list)}}.dump(2) + "\n";
}

Result<std::vector<Change>> changes_from_json(std::string_view text, const std::string& name) {
    const Json document = Json::parse(text, nullptr, false);
    const auto schema = document.is_object() ? document.find("schema") : document.end();
    const auto list = document.is_object() ? document.find("changes") : document.end();
    if (schema == document.end() || list == document.end() || !list->is_array()) {
        return Error{ErrorKind::bad_input, fmt::format("{} is no record of a change", name), 0, ""};
    }
    if (*schema != kSchema) {
        return Error{ErrorKind::bad_input, fmt::format("{} was written by another version of sandfit", name), 0,
                     "roll back with that version"};
    }
    std::vector<Change> changes;
    for (const Json& object : *list) {
        auto change = change_from(object, name);
        if (!change) return change.error();
        changes.push_back(std::move(*change));
    }
    return changes;
}

Result<Lock> Lock::take(const std::string& unit, std::chrono::milliseconds patience, const std::string& directory) {
    const std::string path = base::join(directory, unit);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::error_code failure;
        std::filesystem::create_directories(path, failure);
        if (failure) return base::system_error(fmt::format("cannot make {}", path), failure.value());
        base::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
        if (!fd.is_open() && errno == ENOENT) continue;  // who had it has just removed it
        if (!fd.is_open()) return base::system_error(fmt::format("cannot open {}", path));
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
            struct stat status {};
            if (::fstat(fd.get(), &status) == 0 && status.st_nlink > 0) return Lock(path, std::move(fd));
            continue;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            return Error{ErrorKind::failed, fmt::format("another sandfit is changing {}", unit), 0,
                         "wait until it has ended"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

Lock::~Lock() {
    // Stays when a record is in it.
    if (fd_.is_open()) ::rmdir(path_.c_str());
}

std::string Records::path_of(const std::string& unit) const {
    return base::join(base::join(directory_, unit), "record.json");
}

Result<std::vector<Change>> Records::read(const std::string& unit) const {
    const std::string path = path_of(unit);
    const auto text = files_.read(path);
    if (!text) return text.error();
    if (!*text) return std::vector<Change>();
    return changes_from_json(**text, path);
}

Result<void> Records::write(const std::string& unit, const std::vector<Change>& changes) {
    if (!changes.empty()) return files_.write(path_of(unit), to_json(changes));
    const auto removed = files_.remove(path_of(unit));
    if (!removed) return removed.error();
    return {};
}

}  // namespace sandfit::enforce
