#include "systemd/security_scan.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/process.h"
#include "base/temporary_directory.h"
#include "base/text.h"
#include "systemd/host.h"

namespace sandfit::systemd {
namespace {

constexpr int kOfflineSince = 250;

Error not_understood(const std::string& what) {
    return Error{ErrorKind::bad_input, fmt::format("cannot understand `systemd-analyze security`: {}", what), 0,
                 "tell the developers of sandfit the version of this systemd"};
}

/// Why systemd-analyze did not score: mostly because it is too old to know --offline=.
Error why_not_scored(const base::CommandOutput& output) {
    const auto asked = base::run_command({"systemd-analyze", "--version"});
    const int version = asked ? parse_systemd_version(asked->out).number : 0;
    if (version != 0 && version < kOfflineSince) {
        return Error{ErrorKind::unsupported,
                     fmt::format("cannot score units with systemd {}: `systemd-analyze security` scores unit files "
                                 "since systemd {}",
                                 version, kOfflineSince),
                     0, ""};
    }
    const std::string said(base::trim(std::string_view(output.err).substr(0, output.err.find('\n'))));
    return Error{
        ErrorKind::failed,
        fmt::format("`systemd-analyze security` ended with {}{}{}", output.status, said.empty() ? "" : ": ", said), 0,
        ""};
}

Result<std::string> analyze(const std::string& directory, const std::string& file,
                            const std::vector<std::string>& options) {
    // Nothing of this host's units may mix with the file: neither drop-ins for all services, which its text holds
    // already where they count, nor those of a unit that happens to have the file's name. Colours would come even
    // through a pipe when the user's environment asks for them.
    std::vector<std::string> command = {"env",
                                        "SYSTEMD_UNIT_PATH=" + directory,
                                        "SYSTEMD_COLORS=0",
                                        "systemd-analyze",
                                        "--no-pager",
                                        "security",
                                        "--offline=yes"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(file);
    auto output = base::run_command(command);
    if (!output) return output.error();
    constexpr int kNotFoundByEnv = 127;
    if (output->status == kNotFoundByEnv) {
        return Error{ErrorKind::unsupported, "cannot score units: systemd-analyze is not here", 0,
                     "install systemd's own tools"};
    }
    if (output->status != 0) return why_not_scored(*output);
    return std::move(output->out);
}

/// A member that is a text, or none.
const std::string* text_member(const nlohmann::json& object, const char* name) {
    const auto it = object.find(name);
    return it == object.end() ? nullptr : it->get_ptr<const std::string*>();
}

Result<ScoredItem> parse_item(const nlohmann::json& entry) {
    if (!entry.is_object()) return not_understood("an item is no object");
    const std::string* id = text_member(entry, "json_field");
    const std::string* name = text_member(entry, "name");
    if (id == nullptr || id->empty() || name == nullptr) return not_understood("an item has no name");
    ScoredItem item;
    item.id = *id;
    item.name = *name;
    const auto description = entry.find("description");
    if (description == entry.end()) return not_understood("the item " + *id + " has no description");
    if (!description->is_null()) {
        const std::string* text = description->get_ptr<const std::string*>();
        if (text == nullptr) return not_understood("the description of " + *id + " is no text");
        item.description = *text;
    }
    const auto set = entry.find("set");
    if (set == entry.end() || !(set->is_boolean() || set->is_null())) {
        return not_understood("whether " + *id + " is set");
    }
    if (set->is_boolean()) item.set = set->get<bool>();
    const auto exposure = entry.find("exposure");
    if (exposure == entry.end()) return not_understood("the exposure of " + *id + " is missing");
    if (!exposure->is_null()) {
        const std::string* text = exposure->get_ptr<const std::string*>();
        const auto points = text == nullptr ? std::nullopt : parse_exposure(*text);
        if (!points) return not_understood("the exposure of " + *id + " is no number");
        item.exposure = *points;
    }
    return item;
}

}  // namespace

std::optional<Exposure> parse_exposure(std::string_view text) {
    constexpr int kMostTenths = 100;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::string_view fraction = dot == std::string_view::npos ? "0" : text.substr(dot + 1);
    if (whole.empty() || whole.size() > 2 || !std::ranges::all_of(whole, is_digit)) return std::nullopt;
    if (fraction.size() != 1 || !is_digit(fraction.front())) return std::nullopt;
    int tenths = 0;
    for (const char c : whole) tenths = tenths * 10 + (c - '0');
    tenths = tenths * 10 + (fraction.front() - '0');
    if (tenths > kMostTenths) return std::nullopt;
    return Exposure{tenths};
}

Result<std::vector<ScoredItem>> parse_scored_items(std::string_view json) {
    const auto document = nlohmann::json::parse(json, nullptr, false);
    if (document.is_discarded() || !document.is_array()) return not_understood("it gives no list of items");
    std::vector<ScoredItem> items;
    std::set<std::string> ids;
    for (const auto& entry : document) {
        auto item = parse_item(entry);
        if (!item) return item.error();
        if (!ids.insert(item->id).second) return not_understood("the item " + item->id + " comes twice");
        items.push_back(std::move(*item));
    }
    if (items.empty()) return not_understood("it gives no item");
    return items;
}

Result<Overall> parse_overall(std::string_view output) {
    constexpr std::string_view kStart = "Overall exposure level for ";
    const std::size_t start = output.rfind(kStart);
    if (start == std::string_view::npos) return not_understood("it gives no overall exposure");
    std::string_view line = output.substr(start);
    line = line.substr(0, line.find('\n'));
    // The unit's name is ours and holds no ": ".
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return not_understood("it gives no overall exposure");
    const auto words = base::split(line.substr(colon + 2), ' ');
    const auto exposure = parse_exposure(words.front());
    if (!exposure || words.size() < 2 || words[1].empty()) return not_understood("the overall exposure is no number");
    return Overall{*exposure, words[1]};
}

Result<Score> score_unit_file(const std::string& unit_file) {
    const auto directory = base::TemporaryDirectory::make();
    if (!directory) return directory.error();
    const std::string file = directory->path() + "/audited.service";
    if (const auto written = base::write_file_atomically(file, unit_file); !written) return written.error();

    const auto json = analyze(directory->path(), file, {"--json=short"});
    if (!json) return json.error();
    auto items = parse_scored_items(*json);
    if (!items) return items.error();
    // The overall exposure stands in the table only; the items' are rounded, so that their sum is not it.
    const auto table = analyze(directory->path(), file, {});
    if (!table) return table.error();
    auto overall = parse_overall(*table);
    if (!overall) return overall.error();
    return Score{overall->exposure, std::move(overall->rating), std::move(*items)};
}

}  // namespace sandfit::systemd
