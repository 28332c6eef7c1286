// Suggestions and profiles for people, on a terminal or in a pipe.
#ifndef SANDFIT_RENDER_TEXT_H
#define SANDFIT_RENDER_TEXT_H

#include <sandfit/profile.h>
#include <sandfit/suggestion.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sandfit::render {

enum class Colour { off, on };

struct TextOptions {
    Colour colour = Colour::off;  ///< the caller knows whether it writes to a terminal
    Tightness tightness = Tightness::balanced;
    bool explain = false;         ///< suggestions: the silent ones, too, and the facts behind each
    std::size_t columns = 100;    ///< where lines are wrapped
    std::size_t max_facts = 40;   ///< profile: at most so many facts of a kind; 0: all
    std::size_t max_because = 8;  ///< suggestions: at most so many facts behind each; 0: all
};

/// The suggestions: verdict, directive and value, reason, caveats.
std::string suggestions_text(const Profile& profile, const std::vector<Suggestion>& suggestions,
                             const TextOptions& options);

/// The profile: its summary, then the facts by kind, each with its evidence.
std::string profile_text(const Profile& profile, const TextOptions& options);

/// What was recorded, under what circumstances, with which gaps, and how many facts of each kind: a dozen lines.
std::string summary_text(const Profile& profile, const TextOptions& options);

}  // namespace sandfit::render

#endif
