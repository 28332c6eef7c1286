#include "derive/settings.h"

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/verdict.h"

namespace sandfit::derive {

bool loads_filters_unprivileged(const UnitSettings& settings) {
    return is_on(settings, "DynamicUser") || user_of(settings) != "root";
}

const std::vector<std::string>& list_of(const UnitSettings& settings, const char* directive) {
    static const std::vector<std::string> kNone;
    const auto it = settings.values.find(directive);
    return it == settings.values.end() ? kNone : it->second;
}

std::vector<std::string> bare_paths(const std::vector<std::string>& items) {
    std::vector<std::string> paths;
    for (const auto& item : items) {
        const std::size_t start = item.find('/');
        if (start != std::string::npos) paths.push_back(base::lexically_absolute("/", item.substr(start)));
    }
    return paths;
}

bool is_on(const UnitSettings& settings, const std::string& directive) {
    const std::string word = settings.scalar(directive);
    return word == "yes" || word == "true" || word == "on" || word == "1";
}

std::string user_of(const UnitSettings& settings) {
    const std::string user = settings.scalar("User");
    return user.empty() || user == "0" ? "root" : user;
}

std::string group_of(const UnitSettings& settings) {
    const std::string group = settings.scalar("Group");
    if (group.empty()) return user_of(settings);
    return group == "0" ? "root" : group;
}

std::string effective_word(const Situation& situation, const std::string& directive) {
    const Suggestion* made = situation.proposed(directive);
    if (made != nullptr && made->verdict == Verdict::suggest) {
        return made->items.empty() ? std::string() : made->items.front();
    }
    return situation.profile.settings.scalar(directive);
}

bool grants_privileges(const Fact& fact) {
    const auto* exec = std::get_if<ExecFact>(&fact);
    return exec != nullptr && (exec->set_user_id || exec->set_group_id || !exec->file_capabilities.empty());
}

bool has_no_new_privileges(const UnitSettings& settings) {
    return is_on(settings, "NoNewPrivileges") || is_on(settings, "DynamicUser");
}

bool seccomp_denies(const Situation& situation, const Fact& fact) {
    const UnitSettings& settings = situation.profile.settings;
    return loads_filters_unprivileged(settings) && !has_no_new_privileges(settings) && grants_privileges(fact);
}

std::optional<std::string> seccomp_would_take_privileges(const Situation& situation) {
    for (const auto& seen : situation.profile.facts) {
        if (!seccomp_denies(situation, seen.fact)) continue;
        return "with User= it would imply NoNewPrivileges=, which takes the privileges from " + describe(seen.fact);
    }
    const UnitSettings& settings = situation.profile.settings;
    if (!loads_filters_unprivileged(settings) || has_no_new_privileges(settings)) return std::nullopt;
    if (const auto why = obstacle(situation, {Subject::executions})) {
        return "with User= it would imply NoNewPrivileges=, and " + *why;
    }
    return std::nullopt;
}

}  // namespace sandfit::derive
