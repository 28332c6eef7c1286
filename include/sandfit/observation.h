// What src/observe hands on: sightings of facts, and what it knows about its own gaps.
#ifndef SANDFIT_OBSERVATION_H
#define SANDFIT_OBSERVATION_H

#include <sandfit/coverage.h>
#include <sandfit/fact.h>

#include <cstddef>

namespace sandfit {

/// Which of the units of one observation, counted from 0 in the order in which they were asked for.
using UnitIndex = std::size_t;

/// One fact, seen: the fact with the evidence that is new since it was last handed on.
struct Observation {
    UnitIndex unit = 0;
    Fact fact;
    Evidence evidence;
};

/// Takes observations. Called from one thread, in the order of their arrival.
class ObservationSink {
public:
    virtual ~ObservationSink() = default;
    virtual void take(Observation observation) = 0;
};

}  // namespace sandfit

#endif
