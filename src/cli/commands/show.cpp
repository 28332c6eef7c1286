// `sandfit show`: what a profile holds, for people.
#include "cli/commands/commands.h"
#include "cli/terminal.h"
#include "profile/json.h"
#include "profile/store.h"
#include "render/text.h"

namespace sandfit::cli {

Result<ExitCode> show_command(const Arguments& arguments) {
    const auto profile = profile::load(arguments.operands().front());
    if (!profile) return profile.error();
    std::string text;
    if (arguments.has("json")) {
        text = profile::to_json(*profile);
    } else {
        render::TextOptions options;
        options.colour = wants_colours(Stream::out) ? render::Colour::on : render::Colour::off;
        options.columns = columns_of(Stream::out);
        if (arguments.has("all")) options.max_facts = 0;
        text = render::profile_text(*profile, options);
    }
    if (const auto printed = print(text); !printed) return printed.error();
    return ExitCode::done;
}

}  // namespace sandfit::cli
