// `sandfit suggest`: the sandbox that fits what profiles hold.
#include <fmt/core.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/commands/profiles.h"
#include "cli/commands/unit_source.h"
#include "cli/exit_status.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "derive/derive.h"
#include "render/drop_in.h"
#include "render/json.h"
#include "render/text.h"
#include "systemd/host.h"
#include "systemd/known_hosts.h"

namespace sandfit::cli {
namespace {

Result<std::string> format_of(const Arguments& arguments) {
    const auto given = arguments.value("format");
    if (!arguments.has("json")) return given.value_or("drop-in");
    if (given && *given != "json") {
        return Error{ErrorKind::usage, fmt::format("--json and --format {} exclude each other", *given), 0, ""};
    }
    return std::string("json");
}

std::string rendered(const Arguments& arguments, const std::string& format, const Profile& profile,
                     const std::vector<Suggestion>& suggestions) {
    const Tightness tightness = tightness_of(arguments);
    if (format == "json") return render::to_json(profile, suggestions, tightness, SANDFIT_VERSION);
    if (format == "drop-in") {
        return render::drop_in(profile, suggestions, {tightness, SANDFIT_VERSION, arguments.has("explain")});
    }
    render::TextOptions options;
    const bool to_file = arguments.has("output");
    options.colour = !to_file && wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
    options.tightness = tightness;
    options.explain = arguments.has("explain");
    if (!to_file) options.columns = columns_of(Stream::out);
    return render::suggestions_text(profile, suggestions, options);
}

/// The host that the drop-in is for: this one, unless another was named.
Result<Host> target_host(const Arguments& arguments) {
    const auto version = arguments.number("for-systemd");
    if (!version) return systemd::read_host();
    constexpr std::uint64_t kBeyondAny = 100'000;
    return systemd::host_of_version(static_cast<int>(std::min(*version, kBeyondAny)));
}

/// --root and --unit-file: the unit as its files have it, in place of the one that was recorded.
Result<void> take_unit_files(const Arguments& arguments, const Host& host, Profile& profile) {
    if (!names_unit_files(arguments)) return {};
    const auto unit = unit_of_files(arguments, profile.unit, host);
    if (!unit) return unit.error();
    profile.unit = unit->id;
    profile.settings = systemd::with_settings_of_files(profile.settings, unit->files);
    for (const auto& note : notes_on(unit->files)) tell("sandfit: note: " + printable(note));
    return {};
}

}  // namespace

Result<ExitCode> suggest_command(const Arguments& arguments) {
    const auto format = format_of(arguments);
    if (!format) return format.error();
    const auto output = arguments.value("output");
    if (output) {
        if (const auto writable = check_writable(*output); !writable) return writable.error();
    }
    auto profile = load_and_merge(arguments.operands());
    if (!profile) return profile.error();
    const auto host = target_host(arguments);
    if (!host) return host.error();
    if (const auto taken = take_unit_files(arguments, *host, *profile); !taken) return taken.error();
    const auto suggestions = derive::derive(*profile, *host, tightness_of(arguments));

    const std::string text = rendered(arguments, *format, *profile, suggestions);
    const auto written = output ? base::write_file_atomically(*output, text) : print(text);
    if (!written) return written.error();

    auto gaps = gaps_for_suggestions(*profile);
    for (const std::string& sentence : render::left_out(suggestions)) gaps.push_back(sentence);
    for (const std::string& gap : gaps) tell("sandfit: incomplete: " + printable(gap));
    return exit_code_of(ObservationEnd{false, !gaps.empty(), arguments.has("accept-incomplete")});
}

}  // namespace sandfit::cli
