// unit_settings UNIT... - each unit's settings as the running systemd tells them and as they are read from the files
// below "/", as one JSON document. For tests/system: the two must agree.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "systemd/bus.h"
#include "systemd/host.h"
#include "systemd/unit_reader.h"

using namespace sandfit;

namespace {

nlohmann::json words_of(const UnitSettings& settings) {
    nlohmann::json all = nlohmann::json::object();
    for (const auto& [name, words] : settings.values) {
        auto& list = all[name] = nlohmann::json::array();
        for (const auto& word : words) list.push_back(base::escape_bytes(word));
    }
    return all;
}

}  // namespace

int main(int count, char** arguments) {
    const Host host = systemd::read_host();
    const auto manager = systemd::connect_system_manager();
    if (!manager) {
        std::cerr << base::describe(manager.error()) << "\n";
        return 1;
    }
    nlohmann::json all = nlohmann::json::object();
    for (int i = 1; i < count; ++i) {
        auto& unit = all[arguments[i]];
        if (const auto state = (*manager)->load(arguments[i])) {
            unit["load_state"] = state->load_state;
            unit["bus"] = words_of(state->settings);
        } else {
            unit["bus_error"] = base::describe(state.error());
        }
        if (const auto read = systemd::read_unit_below("/", arguments[i], host)) {
            unit["id"] = read->id;
            unit["files"] = words_of(read->files.settings);
            unit["not_known"] = read->files.not_known;
            unit["ignored"] = read->files.ignored;
        } else {
            unit["files_error"] = base::describe(read.error());
        }
    }
    std::cout << all.dump() << "\n";
    return 0;
}
