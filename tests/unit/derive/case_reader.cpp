// See case_reader.h for the format.
#include "case_reader.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace sandfit::test {
namespace {

using Json = nlohmann::json;

std::string cases_directory() {
    return std::string(SANDFIT_SOURCE_DIR) + "/tests/cases";
}

/// Code points below 256 as bytes: JSON is UTF-8, names are not.
std::string bytes(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if ((lead == 0xc2 || lead == 0xc3) && i + 1 < text.size()) {
            const auto next = static_cast<unsigned char>(text[++i]);
            out += static_cast<char>(((lead & 3u) << 6) | (next & 0x3fu));
        } else {
            out += text[i];
        }
    }
    return out;
}

/// One object, whose keys must all be asked for.
class Reader {
public:
    Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
        if (!json_.is_object()) fail("is no object");
    }

    const Json* find(const std::string& key) {
        asked_.insert(key);
        const auto it = json_.find(key);
        return it == json_.end() ? nullptr : &*it;
    }
    std::string text(const std::string& key, const std::string& otherwise = "") {
        const Json* value = find(key);
        return value == nullptr ? otherwise : bytes(value->get<std::string>());
    }
    bool flag(const std::string& key, bool otherwise = false) {
        const Json* value = find(key);
        return value == nullptr ? otherwise : value->get<bool>();
    }
    unsigned number(const std::string& key, unsigned otherwise = 0) {
        const Json* value = find(key);
        return value == nullptr ? otherwise : value->get<unsigned>();
    }
    unsigned octal(const std::string& key, unsigned otherwise) {
        const Json* value = find(key);
        return value == nullptr ? otherwise
                                : static_cast<unsigned>(std::stoul(value->get<std::string>(), nullptr, 8));
    }
    std::vector<std::string> texts(const std::string& key) {
        std::vector<std::string> out;
        const Json* value = find(key);
        if (value == nullptr) return out;
        if (value->is_string()) return {bytes(value->get<std::string>())};
        for (const auto& item : *value) out.push_back(bytes(item.get<std::string>()));
        return out;
    }
    std::set<std::string> names(const std::string& key) {
        const auto list = texts(key);
        return {list.begin(), list.end()};
    }
    int error_named(const std::string& name) {
        static const std::map<std::string, int> kErrors = {{"EPERM", EPERM},
                                                           {"ENOENT", ENOENT},
                                                           {"EACCES", EACCES},
                                                           {"EEXIST", EEXIST},
                                                           {"EXDEV", EXDEV},
                                                           {"EROFS", EROFS},
                                                           {"ENOSPC", ENOSPC},
                                                           {"ENOTEMPTY", ENOTEMPTY},
                                                           {"EISDIR", EISDIR},
                                                           {"ENXIO", ENXIO},
                                                           {"EINVAL", EINVAL},
                                                           {"EOPNOTSUPP", EOPNOTSUPP},
                                                           {"EMFILE", EMFILE},
                                                           {"EAFNOSUPPORT", EAFNOSUPPORT},
                                                           {"ECONNREFUSED", ECONNREFUSED},
                                                           {"ENETUNREACH", ENETUNREACH},
                                                           {"ENOSYS", ENOSYS},
                                                           {"ENOMEM", ENOMEM},
                                                           {"ESRCH", ESRCH}};
        if (name.empty()) return 0;
        return pick(name, kErrors);
    }
    int error() { return error_named(text("error")); }
    std::set<int> errors(const std::string& key) {
        std::set<int> out;
        for (const auto& name : texts(key)) out.insert(error_named(name));
        return out;
    }
    template <typename T>
    T pick(const std::string& name, const std::map<std::string, T>& table) {
        const auto it = table.find(name);
        if (it == table.end()) fail("does not know \"" + name + "\"");
        return it->second;
    }
    template <typename T>
    T word(const std::string& key, const std::map<std::string, T>& table, const std::string& otherwise) {
        return pick(text(key, otherwise), table);
    }
    void done() {
        for (const auto& [key, value] : json_.items()) {
            if (asked_.count(key) == 0) fail("has an unknown key \"" + key + "\"");
        }
    }
    [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(where_ + " " + what); }

private:
    const Json& json_;
    std::string where_;
    std::set<std::string> asked_;
};

const std::map<std::string, FileOp> kFileOps = {{"read", FileOp::read},
                                                {"write", FileOp::write},
                                                {"create", FileOp::create},
                                                {"create_tmpfile", FileOp::create_tmpfile},
                                                {"make_directory", FileOp::make_directory},
                                                {"make_node", FileOp::make_node},
                                                {"make_socket", FileOp::make_socket},
                                                {"make_symlink", FileOp::make_symlink},
                                                {"remove", FileOp::remove},
                                                {"remove_directory", FileOp::remove_directory},
                                                {"truncate", FileOp::truncate},
                                                {"change_mode", FileOp::change_mode},
                                                {"change_owner", FileOp::change_owner},
                                                {"change_times", FileOp::change_times},
                                                {"change_xattr", FileOp::change_xattr},
                                                {"execute", FileOp::execute},
                                                {"look", FileOp::look},
                                                {"map", FileOp::map}};
const std::map<std::string, FileKind> kFileKinds = {{"unknown", FileKind::unknown},
                                                    {"regular", FileKind::regular},
                                                    {"directory", FileKind::directory},
                                                    {"symlink", FileKind::symlink},
                                                    {"fifo", FileKind::fifo},
                                                    {"socket", FileKind::socket},
                                                    {"char_device", FileKind::char_device},
                                                    {"block_device", FileKind::block_device},
                                                    {"anonymous", FileKind::anonymous}};
const std::map<std::string, Resolution> kResolutions = {{"walked", Resolution::walked},
                                                        {"resolved", Resolution::resolved},
                                                        {"lexical", Resolution::lexical},
                                                        {"cut", Resolution::cut}};
const std::map<std::string, MoveOp> kMoveOps = {
    {"rename", MoveOp::rename}, {"exchange", MoveOp::exchange}, {"link", MoveOp::link}};
const std::map<std::string, CapabilityLack> kLacks = {{"none", CapabilityLack::none},
                                                      {"not_held", CapabilityLack::not_held},
                                                      {"not_in_bounds", CapabilityLack::not_in_bounds},
                                                      {"other_namespace", CapabilityLack::other_namespace}};
const std::map<std::string, CapabilityUse> kUses = {
    {"need", CapabilityUse::need}, {"probe", CapabilityUse::probe}, {"unclassified", CapabilityUse::unclassified}};
const std::map<std::string, AddressOp> kAddressOps = {
    {"bind", AddressOp::bind}, {"connect", AddressOp::connect}, {"send", AddressOp::send}};
const std::map<std::string, Request> kRequests = {{"writable_code", Request::writable_code},
                                                  {"namespace", Request::namespace_},
                                                  {"personality", Request::personality},
                                                  {"scheduling", Request::scheduling}};
const std::map<std::string, Used> kUsed = {{"tasks", Used::tasks},
                                           {"tasks_of_user", Used::tasks_of_user},
                                           {"open_files", Used::open_files},
                                           {"locked_bytes", Used::locked_bytes},
                                           {"resident_bytes", Used::resident_bytes}};
const std::map<std::string, Abi> kAbis = {{"native", Abi::native}, {"compat", Abi::compat}};
const std::map<std::string, Subject> kSubjects = {
    {"syscalls", Subject::syscalls}, {"files", Subject::files},           {"capabilities", Subject::capabilities},
    {"sockets", Subject::sockets},   {"executions", Subject::executions}, {"requests", Subject::requests}};
const std::map<std::string, Phase> kPhases = {
    {"start", Phase::start}, {"reload", Phase::reload}, {"stop", Phase::stop}};
const std::map<std::string, Tightness> kTightness = {
    {"strict", Tightness::strict}, {"balanced", Tightness::balanced}, {"cautious", Tightness::cautious}};
const std::map<std::string, Verdict> kVerdicts = {
    {"suggest", Verdict::suggest}, {"keep", Verdict::keep}, {"abstain", Verdict::abstain}};

Fact read_file_fact(Reader& in) {
    FileFact fact;
    fact.op = in.word("op", kFileOps, "");
    fact.directory = in.text("directory");
    fact.kind = in.word("file_kind", kFileKinds, "regular");
    fact.error = in.error();
    fact.names = in.names("names");
    fact.many = in.flag("many");
    fact.resolution = in.word("resolution", kResolutions, "walked");
    fact.modes = in.octal("modes", 0);
    return fact;
}

Fact read_move_fact(Reader& in) {
    MoveFact fact;
    fact.op = in.word("op", kMoveOps, "rename");
    fact.from_directory = in.text("from_directory");
    fact.to_directory = in.text("to_directory");
    fact.error = in.error();
    fact.from_names = in.names("from_names");
    fact.to_names = in.names("to_names");
    fact.many = in.flag("many");
    fact.resolution = in.word("resolution", kResolutions, "walked");
    return fact;
}

Fact read_capability_fact(Reader& in) {
    CapabilityFact fact;
    fact.capability = in.text("capability");
    fact.syscall = in.text("syscall");
    fact.granted = in.flag("granted", true);
    fact.own_user_namespace = in.flag("own_user_namespace");
    fact.use = in.word("use", kUses, "need");
    fact.lack = in.word("lack", kLacks, "none");
    fact.by_root = in.flag("by_root");
    fact.error = in.error();
    fact.callers = in.names("callers");
    return fact;
}

Fact read_address_fact(Reader& in) {
    AddressFact fact;
    fact.op = in.word("op", kAddressOps, "bind");
    fact.family = in.text("family");
    fact.address = in.text("address");
    fact.abstract = in.flag("abstract");
    fact.port = in.number("port");
    fact.error = in.error();
    return fact;
}

Fact read_exec_fact(Reader& in) {
    ExecFact fact;
    fact.path = in.text("path");
    fact.set_user_id = in.flag("set_user_id");
    fact.set_group_id = in.flag("set_group_id");
    fact.by_systemd = in.flag("by_systemd");
    fact.file_capabilities = in.names("file_capabilities");
    return fact;
}

Coverage read_coverage(const Json* json, const std::string& where) {
    Coverage coverage;
    const Json nothing = Json::object();
    Reader in(json == nullptr ? nothing : *json, where + ": coverage");
    std::vector<std::string> watched = in.texts("watched");
    if (in.find("watched") == nullptr) {
        for (const auto& [name, subject] : kSubjects) watched.push_back(name);
    }
    for (const auto& name : watched) {
        SubjectCoverage subject;
        subject.watched = true;
        subject.mechanism = "test";
        coverage.subjects[in.pick(name, kSubjects)] = subject;
    }
    if (const Json* spots = in.find("blind_spots")) {
        for (const auto& [name, spot] : spots->items()) {
            coverage.subjects[in.pick(name, kSubjects)].blind_spots.insert(spot.get<std::string>());
        }
    }
    coverage.phases = {Phase::start, Phase::stop};
    if (in.find("phases") != nullptr) {
        coverage.phases.clear();
        for (const auto& name : in.texts("phases")) coverage.phases.insert(in.pick(name, kPhases));
    }
    if (const Json* losses = in.find("losses")) {
        for (const auto& [reason, count] : losses->items()) coverage.losses[reason] = count.get<std::uint64_t>();
    }
    in.done();
    return coverage;
}

DirectoryState read_directory(const Json& json, const std::string& where) {
    Reader in(json, where);
    DirectoryState state;
    state.exists = in.flag("exists", true);
    state.existed_before = in.flag("existed_before", true);
    state.mode = in.octal("mode", 0755);
    state.owner = in.text("owner", "root");
    state.group = in.text("group", "root");
    state.private_to_unit = in.flag("private_to_unit");
    state.file_system = in.text("file_system", "ext4");
    in.done();
    return state;
}

Host read_host(const Json& json, const std::string& where) {
    Reader in(json, where + ": host");
    Host host;
    host.systemd_version = static_cast<int>(in.number("systemd_version"));
    host.architecture = in.text("architecture");
    host.directives = in.names("directives");
    host.features = in.names("features");
    host.syscalls = in.names("syscalls");
    if (const Json* groups = in.find("syscall_groups")) {
        host.syscall_groups = groups->get<std::map<std::string, std::vector<std::string>>>();
    }
    if (const Json* groups = in.find("file_system_groups")) {
        host.file_system_groups = groups->get<std::map<std::string, std::vector<std::string>>>();
    }
    in.done();
    return host;
}

Expected read_expected(const Json& json, const std::string& where) {
    Reader in(json, where);
    Expected expected;
    expected.verdict = in.word("verdict", kVerdicts, "");
    if (in.find("items") != nullptr) expected.items = in.texts("items");
    expected.includes = in.texts("includes");
    expected.excludes = in.texts("excludes");
    if (in.find("reset_first") != nullptr) expected.reset_first = in.flag("reset_first");
    if (in.find("one_each") != nullptr) expected.one_each = in.flag("one_each");
    expected.reason_has = in.texts("reason_has");
    expected.caveat_has = in.texts("caveat_has");
    if (const Json* because = in.find("because")) expected.because = because->get<std::vector<std::size_t>>();
    in.done();
    return expected;
}

Json parse_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot open " + path);
    return Json::parse(file);
}

}  // namespace

void read_facts(const Json& json, const std::string& where, Profile& profile) {
    for (const auto& item : json) {
        Reader in(item, where + ": fact " + std::to_string(profile.facts.size()));
        const std::string kind = in.text("kind");
        Evidence evidence;
        evidence.count = 1;
        evidence.syscalls = in.names("in");
        if (kind == "syscalls") {
            const Abi abi = in.word("abi", kAbis, "native");
            for (const auto& name : in.texts("names"))
                profile.facts.push_back({SyscallFact{name, abi, false}, evidence});
        } else if (kind == "syscall") {
            profile.facts.push_back({SyscallFact{in.text("name"), in.word("abi", kAbis, "native"),
                                                 in.flag("by_unwinding"), in.errors("refusals"), in.flag("killed")},
                                     evidence});
        } else if (kind == "file") {
            profile.facts.push_back({read_file_fact(in), evidence});
        } else if (kind == "move") {
            profile.facts.push_back({read_move_fact(in), evidence});
        } else if (kind == "capability") {
            profile.facts.push_back({read_capability_fact(in), evidence});
        } else if (kind == "capability_request") {
            profile.facts.push_back(
                {CapabilityRequestFact{in.text("capability"), in.flag("ambient"), in.error()}, evidence});
        } else if (kind == "socket") {
            profile.facts.push_back({SocketFact{in.text("family"), in.text("type", "SOCK_STREAM"),
                                                static_cast<int>(in.number("protocol")), in.error()},
                                     evidence});
        } else if (kind == "address") {
            profile.facts.push_back({read_address_fact(in), evidence});
        } else if (kind == "exec") {
            profile.facts.push_back({read_exec_fact(in), evidence});
        } else if (kind == "request") {
            profile.facts.push_back(
                {RequestFact{in.word("request", kRequests, ""), in.text("value"), in.error()}, evidence});
        } else if (kind == "file_systems") {
            for (const auto& type : in.texts("types")) profile.facts.push_back({FileSystemFact{type}, evidence});
        } else {
            in.fail("is of an unknown kind \"" + kind + "\"");
        }
        in.done();
    }
}

Host read_host_file(const std::string& name) {
    const std::string path = cases_directory() + "/hosts/" + name + ".json";
    return read_host(parse_file(path), path);
}

Case read_case(const std::string& path, const std::string& name) {
    const Json json = parse_file(path);
    Reader in(json, name);
    Case one;
    one.name = name;
    one.description = in.text("description");
    for (const auto& word : in.texts("tightness")) one.tightness.push_back(in.pick(word, kTightness));
    if (one.tightness.empty()) one.tightness = {Tightness::strict, Tightness::balanced, Tightness::cautious};
    one.profile.unit = in.text("unit", "demo.service");
    one.profile.host.architecture = "x86_64";
    if (const Json* settings = in.find("settings")) {
        Reader values(*settings, name + ": settings");
        for (const auto& [key, value] : settings->items()) one.profile.settings.values[key] = values.texts(key);
    }
    if (const Json* host = in.find("host")) {
        one.host = host->is_string() ? read_host_file(host->get<std::string>()) : read_host(*host, name);
    }
    one.profile.coverage = read_coverage(in.find("coverage"), name);
    if (const Json* facts = in.find("facts")) read_facts(*facts, name, one.profile);
    one.profile.host.links = {{"/var/run", "/run"}};
    if (const Json* links = in.find("links")) {
        one.profile.host.links = links->get<std::map<std::string, std::string>>();
    }
    if (const Json* directories = in.find("directories")) {
        for (const auto& [directory, state] : directories->items()) {
            one.profile.directories[bytes(directory)] = read_directory(state, name);
        }
    }
    if (const Json* peaks = in.find("peaks")) {
        for (const auto& [what, value] : peaks->items()) {
            one.profile.peaks[in.pick(what, kUsed)] = {value.get<std::uint64_t>(), {"/test"}};
        }
    }
    if (const Json* expect = in.find("expect")) {
        for (const auto& [directive, expected] : expect->items()) {
            one.expect[directive] = read_expected(expected, name);
        }
    }
    in.done();
    if (one.description.empty() || one.expect.empty()) in.fail("has no description, or expects nothing");
    return one;
}

std::vector<Case> read_all_cases() {
    namespace fs = std::filesystem;
    std::vector<Case> cases;
    for (const auto& entry : fs::recursive_directory_iterator(cases_directory())) {
        if (entry.path().filename() != "case.json") continue;
        const std::string name = fs::relative(entry.path().parent_path(), cases_directory()).string();
        try {
            cases.push_back(read_case(entry.path().string(), name));
        } catch (const nlohmann::json::exception& error) {
            throw std::runtime_error(name + ": " + error.what());
        }
    }
    std::sort(cases.begin(), cases.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
    return cases;
}

}  // namespace sandfit::test
