// RestrictFileSystems=
//
// Directive: files of file systems of other types than those listed cannot be opened, executed or mapped: EPERM. What
// is only looked up (stat, access), made or removed is not asked about, nor is a descriptor that came from elsewhere.
//
// Concludes from: the types of the file systems on which files were opened, executed or mapped. Those that systemd
// itself opens while it starts a further command of the unit are always listed: `@basic-api`, `@temporary`, and the
// kernel's own `nsfs` and `pidfs`. At `balanced`, `@common-block` stands for each type in it, so that a move from
// ext4 to xfs breaks nothing; at `cautious`, any group for what it holds.
//
// Needs coverage of: files and executions, from start-up on.
//
// Can be wrong when: a disk of another type is mounted later, or a directory comes by network; a failed open
// (of a FIFO without a reader) is answered with EPERM instead. Of an overlay the files below are opened, too, and of
// which type they are is not seen: none is suggested. It does nothing where systemd was built without BPF
// support, or the kernel does not run the security module "bpf".
//
// Since: systemd 250
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "derive/coverage.h"
#include "derive/host_features.h"
#include "derive/rules/rules.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive::rules {
namespace {

constexpr std::string_view kDirective = "RestrictFileSystems";
constexpr std::string_view kKnown = "@known";
constexpr std::string_view kCommonBlock = "@common-block";

/// File systems over others: the kernel opens the file below as well, and asks about both.
bool is_stacked(const std::string& type) {
    return type == "overlay" || type == "ecryptfs";
}

const std::vector<std::string>* group_of(const Host& host, std::string_view name) {
    const auto it = host.file_system_groups.find(std::string(name));
    return it == host.file_system_groups.end() ? nullptr : &it->second;
}

bool holds(const std::vector<std::string>& group, const std::string& type) {
    return std::ranges::find(group, type) != group.end();
}

/// False for a type that this systemd has no name for: a list cannot allow it.
bool can_be_listed(const Host& host, const std::string& type) {
    const auto* known = group_of(host, kKnown);
    return known == nullptr || holds(*known, type);
}

/// A list of words, with all types that they stand for.
class AllowList {
public:
    explicit AllowList(const Host& host) : host_(host) {}

    /// The group, or where the host tells none, `types` by name.
    void add_group(std::string_view name, const std::vector<std::string>& types) {
        if (const auto* group = group_of(host_, name)) {
            words_.emplace(name);
            allowed_.insert(group->begin(), group->end());
        } else {
            for (const auto& type : types) add(type);
        }
    }
    void add(const std::string& type) {
        if (allowed_.insert(type).second) words_.insert(type);
    }
    [[nodiscard]] bool allows(const std::string& type) const { return allowed_.count(type) != 0; }
    [[nodiscard]] std::vector<std::string> words() const { return {words_.begin(), words_.end()}; }

private:
    const Host& host_;
    std::set<std::string> words_;
    std::set<std::string> allowed_;
};

/// What systemd opens in the unit's own cgroup, where the list of a command before is in force already: for
/// ExecReload=, ExecStop= and the second of two ExecStart=.
void add_what_systemd_opens(AllowList& list, const Host& host) {
    list.add_group("@basic-api", {"cgroup2", "devpts", "devtmpfs", "mqueue", "proc", "sysfs"});
    list.add_group("@temporary", {"tmpfs"});
    // Since Linux 6.9 a pidfd is a file of pidfs, and that it is made by clone(2) is not seen.
    for (const char* type : {"nsfs", "pidfs"}) {
        if (can_be_listed(host, type)) list.add(type);
    }
}

void add_seen(AllowList& list, const Situation& situation, const std::string& type) {
    if (list.allows(type)) return;
    if (situation.tightness != Tightness::strict) {
        for (const auto& [name, members] : situation.host.file_system_groups) {
            const bool fits = situation.tightness == Tightness::cautious ? name != kKnown : name == kCommonBlock;
            if (fits && holds(members, type)) return list.add_group(name, {});
        }
    }
    list.add(type);
}

Suggestion conclude(const Situation& situation) {
    const Profile& profile = situation.profile;
    const auto idle = does_nothing_without_bpf(situation.host);
    if (!list_of(profile.settings, "RestrictFileSystems").empty()) {
        Suggestion kept = keep(kDirective, "the unit has its own list");
        if (idle) kept.caveats.push_back(*idle);
        return kept;
    }
    if (const auto why = obstacle(situation, {Subject::files, Subject::executions})) return abstain(kDirective, *why);

    std::vector<std::string> types;
    std::vector<std::size_t> facts;
    AllowList list(situation.host);
    add_what_systemd_opens(list, situation.host);
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const auto* seen = std::get_if<FileSystemFact>(&profile.facts[i].fact);
        if (seen == nullptr) continue;
        types.push_back(seen->type);
        facts.push_back(i);
        add_seen(list, situation, seen->type);
        std::string why;
        if (is_stacked(seen->type)) {
            why = "files of an " + seen->type + " were opened, and of which type those below it are was not seen";
        } else if (!can_be_listed(situation.host, seen->type)) {
            why = "files of the file system " + clipped(seen->type) + " were opened, for which systemd has no name";
        }
        if (why.empty()) continue;
        Suggestion open = abstain(kDirective, std::move(why));
        open.because = {i};
        return open;
    }
    if (types.empty()) return abstain(kDirective, "on which file systems the unit's files are is not known");

    Suggestion suggestion =
        suggest(kDirective, ValueForm::words, list.words(), "files were opened on " + some_of(types));
    suggestion.because = std::move(facts);
    suggestion.caveats = doubts(situation, {Subject::files, Subject::executions});
    if (idle) suggestion.caveats.push_back(*idle);
    return suggestion;
}

Denier denies(const Situation& situation, const Suggestion& suggestion) {
    std::vector<std::string> words = suggestion.items;
    const bool names_denied = !words.empty() && words.front().starts_with('~');
    if (names_denied) words.front().erase(0, 1);
    std::set<std::string> named;
    for (const auto& word : words) {
        if (const auto* group = group_of(situation.host, word)) {
            named.insert(group->begin(), group->end());
        } else {
            named.insert(word);
        }
    }
    return [names_denied, named](const SeenFact& seen) {
        const auto* file_system = std::get_if<FileSystemFact>(&seen.fact);
        return file_system != nullptr && (named.count(file_system->type) != 0) == names_denied;
    };
}

}  // namespace

Rule restrict_file_systems() {
    return {std::string(kDirective), conclude, denies};
}

}  // namespace sandfit::derive::rules
