// `sandfit merge`: several profiles of one unit become one file.
#include "cli/commands/commands.h"
#include "cli/commands/profiles.h"
#include "cli/session.h"
#include "profile/store.h"

namespace sandfit::cli {

Result<ExitCode> merge_command(const Arguments& arguments) {
    const auto output = arguments.value("output");
    if (!output) {
        return Error{ErrorKind::usage, "-o FILE is missing", 0, "say where the merged profile is to be written"};
    }
    if (const auto writable = check_writable(*output); !writable) return writable.error();
    const auto merged = load_and_merge(arguments.operands());
    if (!merged) return merged.error();
    if (const auto saved = profile::save(*merged, *output); !saved) return saved.error();
    return ExitCode::done;
}

}  // namespace sandfit::cli
