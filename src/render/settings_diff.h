// What a drop-in changes of a unit's settings, as a difference for people.
#ifndef SANDFIT_RENDER_SETTINGS_DIFF_H
#define SANDFIT_RENDER_SETTINGS_DIFF_H

#include <sandfit/unit.h>

#include <string>
#include <utility>
#include <vector>

namespace sandfit::render {

/// A directive and the value that a drop-in assigns, as it is written there.
using AssignedValue = std::pair<std::string, std::string>;

/// For each directive of the drop-in, in its order: "-DIRECTIVE=what stands" (left out when nothing does) and
/// "+DIRECTIVE=what is assigned", a line for each assignment. Long values are cut. Printable; ends with a newline.
std::string settings_diff(const UnitSettings& present, const std::vector<AssignedValue>& assigned);

}  // namespace sandfit::render

#endif
