#include "profile/fact_set.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "base/path.h"

namespace sandfit::profile {

const std::array<std::string_view, kFactKinds> kFactKindNames = {
    "syscalls", "files", "moves", "capabilities", "capability_requests", "sockets", "addresses", "executions",
    "requests", "file_systems"};

bool IdentityLess::operator()(const Fact& a, const Fact& b) const {
    if (a.index() != b.index()) return a.index() < b.index();
    return std::visit(
        [&b](const auto& left) {
            using Kind = std::decay_t<decltype(left)>;
            return left.identity() < std::get_if<Kind>(&b)->identity();
        },
        a);
}

bool is_normal_absolute(std::string_view path) {
    // Without a copy to compare with: every observation of a file comes through here.
    if (path == "/") return true;
    if (path.empty() || path.front() != '/') return false;
    do {
        path.remove_prefix(1);
        const std::string_view component = path.substr(0, path.find('/'));
        if (component.empty() || component == "." || component == "..") return false;
        path.remove_prefix(component.size());
    } while (!path.empty());
    return true;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    return a > kMax - b ? kMax : a + b;
}

namespace {

using Strings = std::set<std::string>;

/// Keeps the smallest `limit` elements; true when there were more.
bool cut_to(Strings& set, std::size_t limit) {
    if (set.size() <= limit) return false;
    set.erase(std::next(set.begin(), static_cast<std::ptrdiff_t>(limit)), set.end());
    return true;
}

void unite(Strings& into, const Strings& from) {
    into.insert(from.begin(), from.end());
}

/// The earlier of two times, of which 0 is not known.
std::int64_t earlier(std::int64_t a, std::int64_t b) {
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

void absorb(Evidence& into, const Evidence& from, Counting counting) {
    if (counting == Counting::sum) {
        into.count = saturating_sum(into.count, from.count);
        into.windows = static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{into.windows} + from.windows,
                                                                          std::numeric_limits<std::uint32_t>::max()));
    } else {
        into.count = std::max(into.count, from.count);
        into.windows = std::max(into.windows, from.windows);
    }
    into.first_us = earlier(into.first_us, from.first_us);
    into.last_us = std::max(into.last_us, from.last_us);
    unite(into.executables, from.executables);
    unite(into.syscalls, from.syscalls);
    into.assumed = into.assumed && from.assumed;  // "never seen": one sighting is enough to end it
}

// The merged members of each kind of fact, one law each.

void absorb(SyscallFact& into, const SyscallFact& from) {
    into.by_unwinding = into.by_unwinding && from.by_unwinding;  // "only as": one real call is enough to end it
    into.refusals.insert(from.refusals.begin(), from.refusals.end());
    into.killed = into.killed || from.killed;
}

void absorb(FileFact& into, const FileFact& from) {
    unite(into.names, from.names);
    into.many = into.many || from.many;
    into.resolution = std::max(into.resolution, from.resolution);
    into.modes |= from.modes;
}

void absorb(MoveFact& into, const MoveFact& from) {
    unite(into.from_names, from.from_names);
    unite(into.to_names, from.to_names);
    into.many = into.many || from.many;
    into.resolution = std::max(into.resolution, from.resolution);
}

void absorb(CapabilityFact& into, const CapabilityFact& from) {
    unite(into.callers, from.callers);
}
void absorb(CapabilityRequestFact&, const CapabilityRequestFact&) {}
void absorb(SocketFact&, const SocketFact&) {}
void absorb(AddressFact&, const AddressFact&) {}
void absorb(RequestFact&, const RequestFact&) {}
void absorb(FileSystemFact&, const FileSystemFact&) {}

void absorb(ExecFact& into, const ExecFact& from) {
    into.set_user_id = into.set_user_id || from.set_user_id;
    into.set_group_id = into.set_group_id || from.set_group_id;
    into.by_systemd = into.by_systemd || from.by_systemd;
    unite(into.file_capabilities, from.file_capabilities);
}

// The bounds and the form that the file format demands.

void normalise(Evidence& evidence) {
    cut_to(evidence.executables, Evidence::kMaxExecutables);
}

void normalise_directory(std::string& directory, Resolution& resolution) {
    if (resolution == Resolution::cut || is_normal_absolute(directory)) return;
    if (directory.empty() || directory.front() != '/') {
        resolution = Resolution::cut;
    } else {
        directory = base::lexically_absolute("/", directory);
        resolution = std::max(resolution, Resolution::lexical);
    }
}

/// Takes out what cannot be a name in a directory and bounds the rest; true when something had to go.
bool normalise_names(Strings& names) {
    const bool erased = std::erase_if(names, [](const std::string& name) {
                            return name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
                        }) != 0;
    return cut_to(names, FileFact::kMaxNames) || erased;
}

template <typename Kind>
void normalise(Kind&) {}

void normalise(FileFact& fact) {
    normalise_directory(fact.directory, fact.resolution);
    if (normalise_names(fact.names)) fact.many = true;
}

void normalise(MoveFact& fact) {
    normalise_directory(fact.from_directory, fact.resolution);
    normalise_directory(fact.to_directory, fact.resolution);
    const bool from = normalise_names(fact.from_names);
    const bool to = normalise_names(fact.to_names);
    if (from || to) fact.many = true;
}

/// How many names a fact tells. "Many" is one more name, and the last: which ones stand for the many is no news.
template <typename Kind>
std::size_t names_told(const Kind&) {
    return 0;
}
std::size_t names_told(const FileFact& fact) {
    return fact.many ? FileFact::kMaxNames + 1 : fact.names.size();
}
std::size_t names_told(const MoveFact& fact) {
    return fact.many ? 2 * FileFact::kMaxNames + 1 : fact.from_names.size() + fact.to_names.size();
}

}  // namespace

Novelty FactSet::add(Fact fact, const Evidence& evidence, Counting counting) {
    std::visit([](auto& kind) { normalise(kind); }, fact);
    const auto at = facts_.lower_bound(fact);
    if (at == facts_.end() || IdentityLess{}(fact, (*at)->fact)) {
        ++counts_[fact.index()];
        auto seen = std::make_unique<SeenFact>(SeenFact{std::move(fact), evidence});
        normalise(seen->evidence);
        facts_.insert(at, std::move(seen));
        return Novelty::new_fact;
    }
    SeenFact& known = **at;
    absorb(known.evidence, evidence, counting);
    normalise(known.evidence);
    return std::visit(
        [&fact](auto& into) {
            using Kind = std::decay_t<decltype(into)>;
            const std::size_t before = names_told(into);
            absorb(into, *std::get_if<Kind>(&fact));
            normalise(into);
            return names_told(into) > before ? Novelty::widened : Novelty::repeated;
        },
        known.fact);
}

void FactSet::add_all(const FactSet& other, Counting counting) {
    for (const auto& seen : other.facts_) add(seen->fact, seen->evidence, counting);
}

std::vector<SeenFact> FactSet::sorted() const {
    std::vector<SeenFact> out;
    out.reserve(facts_.size());
    for (const auto& seen : facts_) out.push_back(*seen);
    return out;
}

}  // namespace sandfit::profile
