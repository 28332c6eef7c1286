// Reads tests/cases/<directive>/<case>/case.json: what was seen, and the verdicts that are expected.
//
// {
//   "description": "a sentence",
//   "tightness": "strict" | "balanced" | "cautious", or a list of them; all three when absent
//   "unit": "demo.service",            (the default)
//   "settings": {"User": "demo", "ReadWritePaths": ["/a", "/b"]},
//   "host": "debian-12" | {...}        (tests/cases/hosts/NAME.json; nothing known when absent)
//   "coverage": {"watched": ["files", ...], "phases": ["start", "stop"], "losses": {...}, "blind_spots": {...}}
//                                      (everything watched, start and stop seen, when absent)
//   "facts": [{"kind": "file", "op": "write", "directory": "/a", "names": ["b"], "error": "ENOENT"}, ...],
//   "peaks": {"tasks": 12},            (what was used at most, by /test)
//   "links": {"/bin": "/usr/bin"},     (HostIdentity::links; {"/var/run": "/run"} when absent)
//   "directories": {"/a": {"owner": "root", "mode": "0755", ...}},
//   "expect": {"ReadWritePaths": {"verdict": "suggest", "items": [...], ...}}
// }
//
// A fact has the members of its struct in include/sandfit/fact.h; {"kind": "syscalls", "names": [...]} and
// {"kind": "file_systems", "types": [...]} are several at once. In strings "\u0080" to "\u00ff" stand for single bytes,
// so that names can hold what is no UTF-8.
#ifndef SANDFIT_TESTS_UNIT_DERIVE_CASE_READER_H
#define SANDFIT_TESTS_UNIT_DERIVE_CASE_READER_H

#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sandfit::test {

struct Expected {
    Verdict verdict = Verdict::abstain;
    std::optional<std::vector<std::string>> items;
    std::vector<std::string> includes;  ///< items that must be there
    std::vector<std::string> excludes;  ///< items that must not
    std::optional<bool> reset_first;
    std::optional<bool> one_each;
    std::vector<std::string> reason_has;
    std::vector<std::string> caveat_has;  ///< each in some caveat
    std::optional<std::vector<std::size_t>> because;
};

struct Case {
    std::string name;  ///< "protect_system/strict_with_paths"
    std::string description;
    std::vector<Tightness> tightness;
    Profile profile;
    Host host;
    std::map<std::string, Expected> expect;
};

/// Throws std::runtime_error, naming the file, on anything that it does not understand: a misspelt key must not pass.
Case read_case(const std::string& path, const std::string& name);

/// All of tests/cases, sorted by name.
std::vector<Case> read_all_cases();

/// A list of facts, as in "facts" above; "in" holds the syscalls of the evidence.
void read_facts(const nlohmann::json& json, const std::string& where, Profile& profile);

/// tests/cases/hosts/NAME.json
Host read_host_file(const std::string& name);

}  // namespace sandfit::test

#endif
