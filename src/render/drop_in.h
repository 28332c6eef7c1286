// Suggestions as a systemd drop-in.
#ifndef SANDFIT_RENDER_DROP_IN_H
#define SANDFIT_RENDER_DROP_IN_H

#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <string>
#include <vector>

namespace sandfit::render {

struct DropInOptions {
    Tightness tightness = Tightness::balanced;  ///< told in the head
    std::string tool_version;                   ///< told in the head; "" leaves it out
    bool explain = false;                       ///< also tells, as comments, what was kept or left open, and why
};

/// The drop-in: a head that tells where it comes from and what was not seen, then every suggested directive with its
/// reason in front. An item that a unit file cannot hold is left out and told in a comment (left_out() lists them).
/// Ends with a newline. Depends on nothing but its arguments.
std::string drop_in(const Profile& profile, const std::vector<Suggestion>& suggestions, const DropInOptions& options);

/// The lines that set one suggested directive: "ReadWritePaths=" first when it is to be reset, then as many
/// assignments as it takes to keep lines short. An item with "~" in front opens a line of its own, and all that
/// follow are denied, too. Empty when nothing of it can be written.
std::vector<std::string> assignments(const Suggestion& suggestion);

/// One sentence for each item that assignments() cannot write. A path that is left out of ReadWritePaths= will be
/// refused to the service, so the user has to be told of these.
std::vector<std::string> left_out(const std::vector<Suggestion>& suggestions);

}  // namespace sandfit::render

#endif
