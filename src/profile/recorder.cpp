#include "profile/recorder.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sandfit::profile {

Recorder::Recorder(std::function<Clock::time_point()> now) : now_(std::move(now)) {}

UnitIndex Recorder::add_unit(Profile skeleton) {
    Unit unit;
    for (auto& seen : std::exchange(skeleton.facts, {})) unit.facts.add(std::move(seen.fact), seen.evidence);
    unit.skeleton = std::move(skeleton);
    unit.last_new_fact = now_();
    units_.push_back(std::move(unit));
    return units_.size() - 1;
}

void Recorder::take(Observation observation) {
    assert(observation.unit < units_.size());
    Unit& unit = units_[observation.unit];
    if (unit.facts.add(std::move(observation.fact), observation.evidence) != Novelty::repeated) {
        unit.last_new_fact = now_();
    }
}

Profile Recorder::snapshot(UnitIndex unit) const {
    assert(unit < units_.size());
    Profile profile = units_[unit].skeleton;
    profile.facts = units_[unit].facts.sorted();
    return profile;
}

std::array<KindCount, kFactKinds> Recorder::counts(UnitIndex unit) const {
    assert(unit < units_.size());
    std::array<KindCount, kFactKinds> out;
    for (std::size_t kind = 0; kind < kFactKinds; ++kind) {
        out[kind] = {kFactKindNames[kind], units_[unit].facts.counts()[kind]};
    }
    return out;
}

Recorder::Clock::time_point Recorder::last_new_fact(UnitIndex unit) const {
    assert(unit < units_.size());
    return units_[unit].last_new_fact;
}

Recorder::Clock::time_point Recorder::last_new_fact() const {
    assert(!units_.empty());
    return std::max_element(units_.begin(), units_.end(),
                            [](const Unit& a, const Unit& b) { return a.last_new_fact < b.last_new_fact; })
        ->last_new_fact;
}

}  // namespace sandfit::profile
