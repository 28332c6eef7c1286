#include "enforce/search.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace sandfit::enforce {

Result<std::set<std::string>> parts_at_fault(const std::vector<std::string>& parts, const PassesWithout& passes) {
    std::set<std::string> at_fault;
    for (;;) {
        std::vector<std::string> suspects;
        for (const std::string& part : parts) {
            if (at_fault.count(part) == 0) suspects.push_back(part);
        }
        if (suspects.empty()) return at_fault;
        // The shortest beginning of the suspects without which it passes: its last one is at fault. That it passes
        // without all of them is taken for granted, and comes out as everything being at fault where it is not so.
        std::size_t passes_without = suspects.size();
        std::size_t fails_without = 0;
        while (passes_without - fails_without > 1) {
            const std::size_t middle = fails_without + (passes_without - fails_without) / 2;
            std::set<std::string> left_out = at_fault;
            left_out.insert(suspects.begin(), suspects.begin() + static_cast<std::ptrdiff_t>(middle));
            const auto answer = passes(left_out);
            if (!answer) return answer.error();
            (*answer ? passes_without : fails_without) = middle;
        }
        at_fault.insert(suspects[passes_without - 1]);
        const auto enough = passes(at_fault);
        if (!enough) return enough.error();
        if (*enough) return at_fault;
    }
}

Result<Minimised> minimise(const std::vector<std::string>& parts, const PassesWithout& passes,
                           const std::function<bool()>& may_go_on) {
    Minimised result;
    std::deque<std::vector<std::string>> groups;
    if (!parts.empty()) groups.push_back(parts);
    while (!groups.empty()) {
        const std::vector<std::string> group = std::move(groups.front());
        groups.pop_front();
        if (!may_go_on()) {
            result.not_tried.insert(group.begin(), group.end());
            continue;
        }
        std::set<std::string> left_out = result.superfluous;
        left_out.insert(group.begin(), group.end());
        const auto answer = passes(left_out);
        if (!answer) return answer.error();
        if (*answer) {
            result.superfluous = std::move(left_out);
        } else if (group.size() == 1) {
            result.needed.insert(group.front());
        } else {
            const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
            groups.emplace_back(group.begin(), middle);
            groups.emplace_back(middle, group.end());
        }
    }
    return result;
}

}  // namespace sandfit::enforce
