// Runs the cases of tests/denials: a unit under a candidate, what was recorded, and what the candidate refused of it.
//
// Each file is a list of cases:
// {
//   "description": "a sentence",
//   "before": {"User": "demo"},              the unit's settings; none when absent
//   "candidate": {"ProtectSystem": "strict"}, what it has besides, or instead, while it is tried
//   "recorded": [facts],                      as in case_reader.h
//   "baseline": [facts],                      recorded without the candidate; no baseline when absent
//   "refusals_watched": true,                 what filters refused stands in "refusals"; false when absent
//   "exists": ["/srv/a"],                     what the host answers outside of the sandbox; not asked when absent
//   "read_only": ["/usr"],
//   "closed": ["/root/x"],
//   "expect": [{"fact": 0, "kind": "refused", "error": "EROFS", "names": ["a"], "by": ["ProtectSystem"],
//               "allow": ["ReadWritePaths+=/srv", "ProtectHome=read-only", "-PrivateTmp"]}]
// }
#include "derive/denial.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "case_reader.h"
#include "derive/denial_sign.h"
#include "derive/freed.h"
#include "derive/rule.h"
#include "support/catch.h"

namespace {

using namespace sandfit;
using Json = nlohmann::json;

const std::set<std::string> kKeys = {"description", "before",    "candidate", "recorded",         "baseline",
                                     "exists",      "read_only", "closed",    "refusals_watched", "expect"};

void take_settings(const Json& one, const char* key, UnitSettings& into) {
    const Json settings = one.value(key, Json::object());
    for (const auto& [directive, value] : settings.items()) {
        into.values[directive] = value.is_string() ? std::vector<std::string>{value.get<std::string>()}
                                                   : value.get<std::vector<std::string>>();
    }
}

std::string shown(const Remedy& remedy) {
    if (remedy.how == Remedy::How::leave_out) return "-" + remedy.directive;
    return remedy.directive + (remedy.how == Remedy::How::add ? "+=" : "=") + base::join_with(remedy.items, " ");
}

/// As the cases have it, so that a difference can be read.
Json told(const Denial& denial, const Profile& recorded, const Json& like) {
    Json out;
    const auto same = std::ranges::find_if(recorded.facts, [&](const SeenFact& seen) {
        return std::visit(
            [&](const auto& fact) {
                const auto* other = std::get_if<std::decay_t<decltype(fact)>>(&denial.fact);
                return other != nullptr && other->identity() == fact.identity();
            },
            seen.fact);
    });
    out["fact"] = same - recorded.facts.begin();
    if (denial.kind != DenialKind::refused) out["kind"] = denial.kind == DenialKind::killed ? "killed" : "altered";
    if (denial.error != 0) out["error"] = base::errno_name(denial.error);
    for (const auto& cause : denial.causes) {
        out["by"].push_back(cause.directive);
        if (like.contains("allow")) out["allow"].push_back(shown(cause.remedy));
    }
    const auto* file = std::get_if<FileFact>(&denial.fact);
    if (file != nullptr && like.contains("names")) out["names"] = file->names;
    return out;
}

struct Read {
    Profile recorded;
    Profile baseline;
    UnitSettings before;
    Host host = test::read_host_file("debian-12");
    std::vector<std::string> exists;
    std::vector<std::string> read_only;
    std::vector<std::string> closed;
    derive::Trial trial{recorded, before, recorded.settings, host};

    Read(const Json& one, const std::string& where) {
        take_settings(one, "before", before);
        recorded.settings = before;
        take_settings(one, "candidate", recorded.settings);
        recorded.host.architecture = "x86_64";
        test::read_facts(one.value("recorded", Json::array()), where, recorded);
        if (one.value("refusals_watched", false)) recorded.coverage.subjects[Subject::refusals].watched = true;
        if (one.contains("baseline")) {
            test::read_facts(one["baseline"], where, baseline);
            trial.baseline = &baseline;
        }
        const auto among = [](const std::vector<std::string>& paths) {
            return [&paths](const std::string& path) { return std::ranges::find(paths, path) != paths.end(); };
        };
        if (one.contains("exists")) {
            exists = one["exists"].get<std::vector<std::string>>();
            trial.exists = among(exists);
        }
        if (one.contains("read_only")) {
            read_only = one["read_only"].get<std::vector<std::string>>();
            trial.is_read_only = among(read_only);
        }
        if (one.contains("closed")) {
            closed = one["closed"].get<std::vector<std::string>>();
            trial.is_closed = among(closed);
        }
    }
    Read(const Read&) = delete;
};

template <typename Visit>
void for_each_case(Visit visit) {
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(SANDFIT_SOURCE_DIR) + "/tests/denials")) {
        std::ifstream file(entry.path());
        const Json list = Json::parse(file);
        for (const auto& one : list) {
            const std::string where = entry.path().stem().string() + ": " + one.at("description").get<std::string>();
            INFO(where);
            for (const auto& [key, value] : one.items()) {
                INFO("unknown key " << key);
                CHECK(kKeys.count(key) == 1);
            }
            visit(Read(one, where), one.at("expect"));
            ++cases;
        }
    }
    CHECK(cases > 30);
}

}  // namespace

TEST_CASE("every case of tests/denials is named as it says") {
    for_each_case([](const Read& read, const Json& expected) {
        Json found = Json::array();
        for (const auto& denial : derive::denials(read.trial)) {
            const std::size_t index = found.size();
            found.push_back(told(denial, read.recorded, index < expected.size() ? expected[index] : Json::object()));
        }
        CHECK(found.dump(1) == expected.dump(1));
    });
}

TEST_CASE("what was refused once is refused no more when the candidate's directives are gone") {
    for_each_case([](const Read& read, const Json&) {
        CHECK(derive::denials({read.recorded, read.before, read.before, read.host}).empty());
    });
}

TEST_CASE("a freed fact is a success, marked as assumed, and bears no sign of a failure") {
    for_each_case([](const Read& read, const Json&) {
        const auto found = derive::denials(read.trial);
        for (const auto& seen : derive::freed_facts(found, read.trial.baseline)) {
            CHECK(seen.evidence.assumed);
            for (const auto& rule : derive::rule_table()) {
                const auto sign = derive::sign_of(rule.directive, seen.fact, read.recorded.settings);
                CHECK((!sign || sign->kind == DenialKind::altered));
            }
        }
    });
}

TEST_CASE("the signs of every directive are known, but of those that refuse nothing") {
    const std::vector<std::string> silent = {"User", "Group", "DynamicUser", "SupplementaryGroups"};
    for (const auto& rule : derive::rule_table()) {
        INFO(rule.directive);
        const bool may_be_unknown = std::ranges::find(silent, rule.directive) != silent.end() ||
                                    rule.directive.ends_with("Mode") || rule.directive.ends_with("Allow") ||
                                    rule.directive == "SystemCallErrorNumber" || rule.directive == "TasksMax" ||
                                    rule.directive.starts_with("Limit");  // advice: never in a drop-in
        CHECK((derive::has_signs(rule.directive) || may_be_unknown));
    }
}
