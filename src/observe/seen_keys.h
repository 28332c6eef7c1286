// What the programs count in the map `seen`: each key, the facts that its records told, and how much of its count was
// handed on.
#ifndef SANDFIT_OBSERVE_SEEN_KEYS_H
#define SANDFIT_OBSERVE_SEEN_KEYS_H

#include <sandfit/fact.h>
#include <sandfit/observation.h>
#include <sandfit/result.h>
#include <sandfit/wire.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sandfit::observe {

class KernelSide;

class SeenKeys {
public:
    using HandOn = std::function<void(std::uint32_t unit, Fact fact, Evidence evidence)>;
    /// A system call, and how often.
    using Calls = std::map<std::string, std::uint64_t>;

    /// A record of this key told these facts: later occurrences are only counted, and handed on as what is known then.
    void learn(const sf_key& key, const std::vector<Fact>& facts);

    /// Hands on how often each fact was seen since the last time, as seen `now_us` (microseconds since 1970). Of a key
    /// whose record was not read yet, it does so the next time.
    Result<void> collect(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on);
    /// The same for those keys alone that were not told yet when collect() looked, or became known since.
    Result<void> collect_late(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on);

    /// There are such keys that collect() did not find the time before.
    [[nodiscard]] bool has_newly_untold() const;

    /// How many keys of a unit were counted, and never told.
    [[nodiscard]] std::uint64_t untold(UnitIndex unit) const;
    /// The calls of a unit that asked for write access while no access to a file was counted.
    [[nodiscard]] const Calls& untold_writes(UnitIndex unit) const;

private:
    struct Hash {
        std::size_t operator()(const sf_key& key) const {
            return std::hash<std::string_view>()({reinterpret_cast<const char*>(&key), sizeof(key)});
        }
    };
    struct Equal {
        bool operator()(const sf_key& a, const sf_key& b) const { return std::memcmp(&a, &b, sizeof(a)) == 0; }
    };
    struct State {
        std::vector<Fact> facts;
        std::uint64_t counted = 0;
        bool more_told = false;
    };

    using Keys = std::unordered_set<sf_key, Hash, Equal>;
    /// Openings by unit and type of file system.
    using Opened = std::map<std::pair<std::uint32_t, std::string>, std::uint64_t>;

    Result<void> look(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on, const Keys* only);
    static void hand_on_news(const sf_key& key, const sf_seen& seen, State& state, std::int64_t now_us,
                             const HandOn& hand_on, Opened& opened);

    std::unordered_map<sf_key, State, Hash, Equal> states_;
    Keys untold_;
    Keys untold_before_;
    Keys learned_;  // since the last look, and never counted
    std::map<UnitIndex, Calls> untold_writes_;
};

}  // namespace sandfit::observe

#endif
