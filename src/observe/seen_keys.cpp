#include "observe/seen_keys.h"

#include "observe/kernel_side.h"
#include "observe/syscall_table.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <variant>

namespace sandfit::observe {
namespace {

// Names and addresses of one key are samples: how often each of them was, nobody counted, so that the first stands for
// all. What else comes of one key happened together, as often as the key was seen.
bool is_sample_of_one(const Fact& a, const Fact& b) {
    if (std::holds_alternative<AddressFact>(a) && std::holds_alternative<AddressFact>(b)) return true;
    return std::visit(
        [&b](const auto& fact) {
            const auto* other = std::get_if<std::decay_t<decltype(fact)>>(&b);
            return other != nullptr && other->identity() == fact.identity();
        },
        a);
}

Evidence seen_at(std::int64_t now_us, std::uint64_t count) {
    Evidence evidence;
    evidence.count = count;
    evidence.windows = 1;
    evidence.first_us = evidence.last_us = now_us;
    return evidence;
}

}  // namespace

void SeenKeys::learn(const sf_key& key, const std::vector<Fact>& facts) {
    if (facts.empty()) return;
    State& state = states_[key];
    if (state.counted == 0) learned_.insert(key);
    for (const Fact& fact : facts) {
        if (std::find(state.facts.begin(), state.facts.end(), fact) == state.facts.end()) state.facts.push_back(fact);
    }
}

void SeenKeys::hand_on_news(const sf_key& key, const sf_seen& seen, State& state, std::int64_t now_us,
                            const HandOn& hand_on, Opened& opened) {
    const bool more = seen.more != 0 && !state.more_told;
    if (seen.count == state.counted && !more) return;
    const Evidence counted = seen_at(now_us, seen.count - state.counted);
    const Evidence uncounted = seen_at(now_us, 0);
    for (const Fact& fact : state.facts) {
        if (const auto* file_system = std::get_if<FileSystemFact>(&fact)) {
            opened[{key.unit, file_system->type}] += counted.count;
            continue;
        }
        Fact told = fact;
        if (more) {
            if (auto* file = std::get_if<FileFact>(&told)) file->many = true;
            if (auto* move = std::get_if<MoveFact>(&told)) move->many = true;
        }
        const auto earlier = std::span(state.facts).first(static_cast<std::size_t>(&fact - state.facts.data()));
        const bool stood_for = std::any_of(earlier.begin(), earlier.end(),
                                           [&](const Fact& other) { return is_sample_of_one(fact, other); });
        hand_on(key.unit, std::move(told), stood_for ? uncounted : counted);
    }
    if (more) {
        if (const auto* address = std::get_if<AddressFact>(&state.facts.front());
            address != nullptr && address->op != AddressOp::bind) {
            AddressFact any = *address;
            any.address.clear();
            hand_on(key.unit, any, uncounted);
        }
    }
    state.counted = seen.count;
    state.more_told = seen.more != 0;
}

Result<void> SeenKeys::look(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on, const Keys* only) {
    Opened opened;  // many keys are on one file system: told once, with all that was opened on it
    const auto done = kernel.for_each_seen([&](const sf_key& key, const sf_seen& seen) {
        if (only != nullptr && only->count(key) == 0) return;
        if (key.op == SF_OP_UNTOLD_WRITE) {  // without a record: the key says all
            const Abi abi = key.b != 0 ? Abi::compat : Abi::native;
            untold_writes_[key.unit][syscall_name(abi, static_cast<int>(key.a))] = seen.count;
            return;
        }
        if (seen.told == 0) {
            untold_.insert(key);
            return;
        }
        // Not found: its record is in the buffer.
        if (const auto found = states_.find(key); found != states_.end())
            hand_on_news(key, seen, found->second, now_us, hand_on, opened);
    });
    for (const auto& [what, count] : opened) hand_on(what.first, FileSystemFact{what.second}, seen_at(now_us, count));
    return done;
}

Result<void> SeenKeys::collect(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on) {
    untold_before_ = std::exchange(untold_, {});
    learned_.clear();
    return look(kernel, now_us, hand_on, nullptr);
}

Result<void> SeenKeys::collect_late(const KernelSide& kernel, std::int64_t now_us, const HandOn& hand_on) {
    Keys late = std::exchange(untold_, {});
    late.merge(learned_);
    learned_.clear();
    return late.empty() ? Result<void>{} : look(kernel, now_us, hand_on, &late);
}

bool SeenKeys::has_newly_untold() const {
    return std::any_of(untold_.begin(), untold_.end(),
                       [this](const sf_key& key) { return untold_before_.count(key) == 0; });
}

std::uint64_t SeenKeys::untold(UnitIndex unit) const {
    return static_cast<std::uint64_t>(
        std::count_if(untold_.begin(), untold_.end(), [unit](const sf_key& key) { return key.unit == unit; }));
}

const SeenKeys::Calls& SeenKeys::untold_writes(UnitIndex unit) const {
    static const Calls kNone;
    const auto found = untold_writes_.find(unit);
    return found == untold_writes_.end() ? kNone : found->second;
}

}  // namespace sandfit::observe
