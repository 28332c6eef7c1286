// What must hold for every profile, tried on random ones. A failure names the round: the same seed gives it again.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/path.h"
#include "base/text.h"
#include "case_reader.h"
#include "derive/derive.h"
#include "derive/gate.h"
#include "derive/syscall_sets.h"
#include "derive/syscall_variants.h"
#include "derive/verdict.h"
#include "random_profile.h"
#include "support/catch.h"

namespace {

using namespace sandfit;

constexpr int kRounds = 400;
constexpr Tightness kAll[] = {Tightness::strict, Tightness::balanced, Tightness::cautious};

const Suggestion* suggested(const std::vector<Suggestion>& all, const std::string& directive) {
    const auto it = std::find_if(all.begin(), all.end(), [&directive](const Suggestion& made) {
        return made.directive == directive && made.verdict == Verdict::suggest;
    });
    return it == all.end() ? nullptr : &*it;
}

TEST_CASE("No suggestion denies a fact, whatever was seen") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(1);
    for (int round = 0; round < kRounds; ++round) {
        const auto names = round % 3 == 0 ? test::Names::hostile : test::Names::plain;
        const Profile profile = test::random_profile(random, host, names);
        for (const Tightness tightness : kAll) {
            const auto suggestions = derive::derive(profile, host, tightness);
            INFO("round " << round);
            REQUIRE(suggestions.size() == derive::rule_table().size());
            const auto denial = derive::first_denial(profile, host, tightness, suggestions);
            REQUIRE_FALSE(denial.has_value());
        }
    }
}

TEST_CASE("The rules are right by themselves: the gate has nothing to refuse") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(2);
    for (int round = 0; round < kRounds; ++round) {
        const auto names = round % 3 == 0 ? test::Names::hostile : test::Names::plain;
        const Profile profile = test::random_profile(random, host, names);
        for (const Tightness tightness : kAll) {
            const auto proposal = derive::conclude_all(profile, host, tightness, {});
            const auto denial = derive::first_denial(profile, host, tightness, proposal);
            INFO("round " << round << ", tightness " << static_cast<int>(tightness));
            if (denial) {
                INFO(proposal[denial->suggestion].directive
                     << "= " << base::join_with(proposal[denial->suggestion].items, " "));
                const auto refused = derive::derive(profile, host, tightness);
                FAIL(refused[denial->suggestion].reason);
            }
        }
    }
}

/// The subject that a fact is of.
Subject subject_of(const Fact& fact) {
    return std::visit(
        [](const auto& one) {
            using Kind = std::decay_t<decltype(one)>;
            // What a program sets itself is seen by the hook of syscalls.
            if constexpr (std::is_same_v<Kind, SyscallFact> || std::is_same_v<Kind, CapabilityRequestFact>) {
                return Subject::syscalls;
            } else if constexpr (std::is_same_v<Kind, CapabilityFact>) {
                return Subject::capabilities;
            } else if constexpr (std::is_same_v<Kind, SocketFact> || std::is_same_v<Kind, AddressFact>) {
                return Subject::sockets;
            } else if constexpr (std::is_same_v<Kind, ExecFact>) {
                return Subject::executions;
            } else if constexpr (std::is_same_v<Kind, RequestFact>) {
                return Subject::requests;
            } else {
                return Subject::files;
            }
        },
        fact);
}

/// Each bind to a path is a fact of the file as well.
bool is_told_by_a_file(const Fact& fact) {
    const auto* address = std::get_if<AddressFact>(&fact);
    return address != nullptr && address->op == AddressOp::bind && address->family == "AF_UNIX" && !address->abstract;
}

TEST_CASE("No suggestion denies a fact of a subject that was not watched, or of which records were lost") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(7);
    const std::map<Subject, std::string> losses = {
        {Subject::syscalls, "syscall_x"},        {Subject::files, "file_x"},      {Subject::sockets, "socket_x"},
        {Subject::capabilities, "capability_x"}, {Subject::executions, "exec_x"}, {Subject::requests, "request_x"}};
    for (int round = 0; round < kRounds; ++round) {
        const Profile whole = test::random_profile(random, host, test::Names::plain);
        for (const auto& [subject, loss] : losses) {
            std::vector<SeenFact> hidden;
            Profile blind = whole;
            std::erase_if(blind.facts, [&, wanted = subject](const SeenFact& seen) {
                if (subject_of(seen.fact) != wanted) return false;
                if (!is_told_by_a_file(seen.fact)) hidden.push_back(seen);
                return true;
            });
            if (round % 2 == 0) {
                blind.coverage.subjects[subject].watched = false;
            } else {
                blind.coverage.losses[loss] = 1;
            }
            for (const Tightness tightness : kAll) {
                const auto proposal = derive::derive(blind, host, tightness);
                const derive::Situation situation{whole, host, tightness, proposal};
                for (std::size_t i = 0; i < proposal.size(); ++i) {
                    if (proposal[i].verdict != Verdict::suggest) continue;
                    const auto denies = derive::rule_table()[i].denies(situation, proposal[i]);
                    for (const auto& seen : hidden) {
                        INFO("round " << round << ": " << proposal[i].directive << "="
                                      << base::join_with(proposal[i].items, " ") << ", "
                                      << derive::describe(seen.fact));
                        CHECK_FALSE(denies(seen));
                    }
                }
            }
        }
    }
}

TEST_CASE("A directive that was withdrawn is not suggested, and what is fits without it") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(3);
    for (int round = 0; round < kRounds; ++round) {
        const Profile profile = test::random_profile(random, host, test::Names::plain);
        const auto rules = derive::rule_table();
        derive::Withdrawn withdrawn;
        for (int i = 0; i < 3; ++i) withdrawn[rules[random() % rules.size()].directive] = "it was tried in vain";
        const auto suggestions = derive::derive(profile, host, Tightness::balanced, withdrawn);
        INFO("round " << round);
        for (const auto& [directive, reason] : withdrawn) {
            INFO(directive);
            CHECK(suggested(suggestions, directive) == nullptr);
        }
        REQUIRE_FALSE(derive::first_denial(profile, host, Tightness::balanced, suggestions).has_value());
    }
}

/// A second opinion on paths, by a few lines that share nothing with src/derive: is a name in `directory` still
/// creatable, and which of the opened trees holds it? "" for none.
std::string tree_of(const Profile& profile, const std::vector<Suggestion>& all, const std::string& directory) {
    std::vector<std::string> trees = {"/proc", "/sys", "/dev"};
    const auto home = profile.settings.values.find("ProtectHome");
    if (home == profile.settings.values.end()) trees.insert(trees.end(), {"/home", "/root", "/run/user"});
    std::vector<std::string> opened;
    const auto take = [&opened](std::string item) {
        item.erase(0, item.find('/'));
        opened.push_back(item);
    };
    const auto present = profile.settings.values.find("ReadWritePaths");
    const auto* paths = suggested(all, "ReadWritePaths");
    if (present != profile.settings.values.end() && (paths == nullptr || !paths->reset_first)) {
        for (const auto& item : present->second) take(item);
    }
    if (paths != nullptr) {
        for (const auto& item : paths->items) take(item);
    }
    for (const auto& [directive, base] : std::map<std::string, std::string>{{"RuntimeDirectory", "/run/"},
                                                                            {"StateDirectory", "/var/lib/"},
                                                                            {"CacheDirectory", "/var/cache/"},
                                                                            {"LogsDirectory", "/var/log/"}}) {
        if (profile.settings.values.count(directive) != 0) take(base + "demo");
        if (const auto* made = suggested(all, directive)) take(base + made->items.front());
    }
    if (suggested(all, "PrivateTmp") != nullptr || profile.settings.values.count("PrivateTmp") != 0) {
        trees.insert(trees.end(), {"/tmp", "/var/tmp"});
    }
    std::string inner;
    for (const auto& tree : trees) {
        if (base::is_at_or_below(directory, tree)) inner = tree;
    }
    // Of nested openings the outer one counts: systemd drops the inner.
    std::string outer;
    for (const auto& tree : opened) {
        if (base::is_at_or_below(directory, tree) && (outer.empty() || tree.size() < outer.size())) outer = tree;
    }
    return inner.size() > outer.size() ? inner : outer;
}

TEST_CASE("Under strict every name that was made can be made again, and every rename stays in one tree") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(3);
    int judged = 0;
    for (int round = 0; round < kRounds; ++round) {
        const Profile profile = test::random_profile(random, host, test::Names::plain);
        for (const Tightness tightness : kAll) {
            const auto all = derive::derive(profile, host, tightness);
            const auto* protect = suggested(all, "ProtectSystem");
            if (protect == nullptr || protect->items.front() != "strict") continue;
            ++judged;
            for (const auto& seen : profile.facts) {
                if (const auto* file = std::get_if<FileFact>(&seen.fact)) {
                    const bool makes = file->op == FileOp::create || file->op == FileOp::remove;
                    if (!makes || file->error != 0 || file->kind == FileKind::anonymous) continue;
                    if (file->directory.starts_with("/mnt/private")) continue;
                    INFO("round " << round << ": " << file->directory);
                    REQUIRE_FALSE(tree_of(profile, all, file->directory).empty());
                } else if (const auto* move = std::get_if<MoveFact>(&seen.fact)) {
                    if (move->error != 0) continue;
                    const bool private_from = move->from_directory.starts_with("/mnt/private");
                    if (private_from && move->to_directory.starts_with("/mnt/private")) continue;
                    INFO("round " << round << ": " << move->from_directory << " to " << move->to_directory);
                    const std::string from = tree_of(profile, all, move->from_directory);
                    REQUIRE_FALSE(from.empty());
                    REQUIRE(from == tree_of(profile, all, move->to_directory));
                }
            }
        }
    }
    CHECK(judged > kRounds / 10);
}

TEST_CASE("Nothing that was executed or mapped lies in an entry of NoExecPaths=") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(7);
    int judged = 0;
    for (int round = 0; round < kRounds; ++round) {
        const Profile profile = test::random_profile(random, host, test::Names::plain);
        for (const Tightness tightness : kAll) {
            const auto all = derive::derive(profile, host, tightness);
            const auto* made = suggested(all, "NoExecPaths");
            if (made == nullptr) continue;
            for (const auto& item : made->items) {
                const std::string shut = item.substr(item.find('/'));
                for (const auto& seen : profile.facts) {
                    std::string directory;
                    const auto* file = std::get_if<FileFact>(&seen.fact);
                    const bool ran = file != nullptr && file->error == 0 && file->kind == FileKind::regular &&
                                     (file->op == FileOp::map || file->op == FileOp::execute);
                    if (ran) directory = file->directory;
                    if (const auto* exec = std::get_if<ExecFact>(&seen.fact)) directory = base::parent_of(exec->path);
                    if (directory.empty()) continue;
                    ++judged;
                    INFO("round " << round << ": " << directory << " in " << shut);
                    REQUIRE_FALSE(base::is_at_or_below(directory, shut));
                }
            }
        }
    }
    CHECK(judged > 0);
}

TEST_CASE("What strict allows, balanced allows") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(4);
    int compared = 0;
    for (int round = 0; round < kRounds; ++round) {
        const Profile profile = test::random_profile(random, host, test::Names::plain);
        const auto strict = derive::derive(profile, host, Tightness::strict);
        const auto balanced = derive::derive(profile, host, Tightness::balanced);
        INFO("round " << round);
        for (const char* directive : {"SystemCallFilter", "RestrictAddressFamilies", "CapabilityBoundingSet"}) {
            const auto* tight = suggested(strict, directive);
            const auto* loose = suggested(balanced, directive);
            if (tight == nullptr || loose == nullptr) continue;
            ++compared;
            auto allowed = derive::expand(host, loose->items);  // groups as names, all else as it is
            if (directive == std::string("SystemCallFilter")) allowed.merge(derive::implicitly_allowed(host));
            for (const auto& item : tight->items) {
                INFO(directive << "= " << item);
                REQUIRE((item == "none" || allowed.count(item) == 1));
            }
        }
        const auto* tight = suggested(strict, "ReadWritePaths");
        const auto* loose = suggested(balanced, "ReadWritePaths");
        if (tight == nullptr || loose == nullptr) continue;
        for (const auto& item : tight->items) {
            const std::string path = item.substr(item.find('/'));
            INFO("ReadWritePaths= " << item);
            REQUIRE(std::any_of(loose->items.begin(), loose->items.end(), [&path](const std::string& entry) {
                return base::is_at_or_below(path, entry.substr(entry.find('/')));
            }));
        }
    }
    CHECK(compared > kRounds);
}

TEST_CASE("Whatever bytes a profile holds, what leaves can stand in a unit file") {
    const Host host = test::read_host_file("debian-12");
    std::mt19937 random(5);
    for (int round = 0; round < kRounds; ++round) {
        const Profile profile = test::random_profile(random, host, test::Names::hostile);
        for (const Tightness tightness : kAll) {
            for (const auto& made : derive::derive(profile, host, tightness)) {
                INFO("round " << round << ": " << made.directive);
                REQUIRE(made.reason.size() < 2000);
                if (made.verdict != Verdict::suggest) {
                    REQUIRE(made.items.empty());
                    continue;
                }
                for (const auto& item : made.items) {
                    INFO(base::escape_bytes(item));
                    REQUIRE(base::is_utf8(item));
                    REQUIRE(item.find('\n') == std::string::npos);
                    REQUIRE(item.find('\0') == std::string::npos);
                    if (made.form == ValueForm::paths) {
                        REQUIRE(item.substr(item.starts_with('-') ? 1 : 0).starts_with('/'));
                        REQUIRE(item.find("/../") == std::string::npos);
                    } else {
                        REQUIRE(item.find_first_of(" \t\"'\\%$=;#") == std::string::npos);
                    }
                }
            }
        }
    }
}

TEST_CASE("Variants never raise the exposure, and contain what was seen") {
    const Host host = test::read_host_file("debian-12");
    const auto scored = derive::scored_groups(host);
    REQUIRE(scored.size() == 11);
    std::mt19937 random(6);
    const auto known = host.syscall_groups.at("@known");
    for (int round = 0; round < 300; ++round) {
        derive::SyscallNames seen;
        for (int i = 0; i < 1 + round % 7; ++i) seen.insert(known[random() % known.size()]);
        const auto variants = derive::with_variants(host, seen);
        INFO("round " << round);
        REQUIRE(std::includes(variants.begin(), variants.end(), seen.begin(), seen.end()));
        for (const auto& group : scored) {
            const auto in_group = [&group](const std::string& name) { return group.count(name) != 0; };
            if (std::any_of(seen.begin(), seen.end(), in_group)) continue;
            REQUIRE(std::none_of(variants.begin(), variants.end(), in_group));
        }
    }
}

}  // namespace
