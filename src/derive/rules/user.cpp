// User=, DynamicUser=
//
// Directive: the unit runs as that user instead of root; with DynamicUser= as one that exists only while it runs,
// with ProtectSystem=strict, PrivateTmp=, RemoveIPC=, NoNewPrivileges= and RestrictSUIDSGID= besides.
//
// Concludes from: nothing that could be written into a drop-in: whose files a service's files should be is its
// administrator's to say. But it tells what stands in the way: capabilities that were needed, directories of root's
// that were written in, files that not everybody may read.
//
// Needs coverage of: capabilities, executions, syscalls, files and arguments of calls, from start-up on.
//
// Can be wrong when: never suggested.
//
// Since: systemd 247 or earlier (User=), 232 (DynamicUser=)
#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/path.h"
#include "derive/capability_need.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"
#include "derive/write_need.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kUser = "User";
constexpr std::string_view kDynamicUser = "DynamicUser";
constexpr std::uint32_t kReadByAll = 0004;

std::vector<std::string> sorted(const std::set<std::string>& names) {
    return {names.begin(), names.end()};
}

/// What root did that another user could not.
struct Obstacles {
    std::set<std::string> capabilities;
    std::set<std::string> directories;
    std::set<std::string> files;
    std::set<std::size_t> facts;

    explicit Obstacles(const Profile& profile) {
        for (const auto& [capability, need] : capability_needs(profile)) {
            capabilities.insert(capability);
            facts.insert(need.facts.begin(), need.facts.end());
        }
        for (std::size_t i = 0; i < profile.facts.size(); ++i) {
            add_written(profile, i);
            add_read(profile, i);
        }
    }

    [[nodiscard]] std::string text() const {
        std::vector<std::string> parts;
        if (!capabilities.empty()) parts.push_back("it would need " + some_of(sorted(capabilities), 8));
        if (!directories.empty())
            parts.push_back("root owns " + some_of(sorted(directories)) + ", which it writes in");
        if (!files.empty()) parts.push_back("not everybody may read " + some_of(sorted(files)));
        std::string text;
        for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
        return text;
    }

private:
    void add_written(const Profile& profile, std::size_t fact) {
        const auto need = write_need(profile.facts[fact].fact);
        if (!need || !need->placed) return;
        for (const std::string& path : {need->directory, need->second_directory}) {
            const auto state = profile.directories.find(path);
            if (path.empty() || state == profile.directories.end() || state->second.owner != "root") continue;
            constexpr std::uint32_t kWrittenByAll = 0002;
            if ((state->second.mode & kWrittenByAll) != 0) continue;
            directories.insert(path);
            facts.insert(fact);
        }
    }
    void add_read(const Profile& profile, std::size_t fact) {
        const auto* file = std::get_if<FileFact>(&profile.facts[fact].fact);
        const bool read = file != nullptr && file->op == FileOp::read && file->error == 0 && file->modes != 0;
        if (!read || (file->modes & kReadByAll) != 0 || base::is_at_or_below(file->directory, "/proc")) return;
        files.insert(file->names.size() == 1 && !file->many ? base::join(file->directory, *file->names.begin())
                                                            : file->directory + "/*");
        facts.insert(fact);
    }
};

Suggestion advice(const Situation& situation, std::string_view directive) {
    // Files are among what the needs of root are worked out from, and it is root whom this is about.
    if (const auto why = capability_needs_obstacle(situation)) return abstain(directive, *why);
    const Obstacles obstacles(situation.profile);
    const std::string text = obstacles.text();
    Suggestion open = text.empty()
                          ? abstain(directive,
                                    "nothing was seen that needs root: a user of its own would do, and whose "
                                    "its files are to be is yours to say")
                          : abstain(directive, "for a user of its own " + text);
    open.because.assign(obstacles.facts.begin(), obstacles.facts.end());
    return open;
}

Suggestion conclude_user(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "DynamicUser")) return keep(kUser, "DynamicUser= gives the unit a user of its own");
    if (user_of(settings) != "root") return keep(kUser, "the unit does not run as root");
    return advice(situation, kUser);
}

Suggestion conclude_dynamic_user(const Situation& situation) {
    const UnitSettings& settings = situation.profile.settings;
    if (is_on(settings, "DynamicUser")) return keep(kDynamicUser, "the unit has it already");
    if (user_of(settings) != "root") {
        return abstain(kDynamicUser, "the unit has a user already, whose files would become another's");
    }
    return advice(situation, kDynamicUser);
}

Denier denies(const Situation&, const Suggestion&) {
    return [](const SeenFact&) { return false; };  // never suggested
}

}  // namespace

Rule user() {
    return {std::string(kUser), conclude_user, denies};
}

Rule dynamic_user() {
    return {std::string(kDynamicUser), conclude_dynamic_user, denies};
}

}  // namespace sandfit::derive::rules
