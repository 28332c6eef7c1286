#include "render/drop_in.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "render/describe.h"
#include "render/escape.h"

namespace sandfit::render {
namespace {

struct Written {
    std::vector<std::string> assignments;
    std::vector<std::string> left_out;
};

void add_comment(std::string& text, std::string_view sentence, std::size_t indent = 2) {
    for (const auto& line : comment(sentence, indent)) text += line + "\n";
}

Written write(const Suggestion& suggestion) {
    Written written;
    if (!is_directive_name(suggestion.directive)) {
        written.left_out.push_back(
            fmt::format("\"{}\" is no name of a directive", base::escape_bytes(suggestion.directive)));
        return written;
    }
    std::vector<std::string> values;
    for (const auto& item : suggestion.items) {
        auto value = drop_in_value(suggestion.form, item);
        if (value) {
            values.push_back(std::move(*value));
        } else {
            written.left_out.push_back(fmt::format("{} (in {}=)", value.error().what, suggestion.directive));
        }
    }
    // Half a list of words is another statement (an allow-list that lacks a syscall kills), an empty one even the
    // opposite: so no words unless all of them, and no assignment that only lost its items.
    const bool whole = written.left_out.empty();
    if (!whole && (suggestion.form != ValueForm::paths || values.empty())) return written;

    const std::string head = suggestion.directive + "=";
    if (suggestion.reset_first || values.empty()) written.assignments.push_back(head);

    // Several assignments of a list add up in systemd, and need no continuation lines. A deny-list has to say so in
    // each of them.
    std::string line;
    bool deny = false;
    const auto flush = [&] {
        if (!line.empty()) written.assignments.push_back(head + std::exchange(line, ""));
    };
    for (const auto& value : values) {
        const bool opens_deny = suggestion.form == ValueForm::words && value.front() == '~';
        const bool full =
            !line.empty() && columns_of(head) + columns_of(line) + 1 + columns_of(value) > kDropInColumns;
        if (opens_deny || full || suggestion.one_each) flush();
        if (opens_deny) deny = true;
        if (!line.empty()) {
            line += ' ';
        } else if (deny && !opens_deny) {
            line = "~";
        }
        line += value;
    }
    flush();
    return written;
}

std::string head(const Profile& profile, const DropInOptions& options) {
    std::string text;
    add_comment(text, fmt::format("Sandbox of {}: what it was seen to need, and nothing else.", profile.unit));
    add_comment(text, fmt::format("Made by sandfit{}{}, tightness {}.", options.tool_version.empty() ? "" : " ",
                                  options.tool_version, word_for(options.tightness)));
    text += "#\n";
    // Each line is escaped already; comment() would escape it again, and double the backslashes.
    const auto add_described = [&text](std::string_view title, const std::string& described) {
        bool first = true;
        for (const auto& line : wrap(fmt::format("{}{}", title, described), kDropInColumns - 4)) {
            text += fmt::format("#{}{}\n", first ? " " : "   ", line);
            first = false;
        }
    };
    for (const auto& run : profile.runs) add_described("Recorded: ", describe_run(run));
    add_described("Host: ", describe_host(profile.host));
    if (const auto ways = describe_ways(profile.coverage); !ways.empty()) add_described("Watched: ", ways);
    for (const auto& gap : describe_gaps(profile.coverage, profile.runs)) add_described("Gap: ", gap);
    return text;
}

}  // namespace

std::vector<std::string> assignments(const Suggestion& suggestion) {
    return write(suggestion).assignments;
}

std::vector<std::string> left_out(const std::vector<Suggestion>& suggestions) {
    std::vector<std::string> sentences;
    for (const auto& suggestion : suggestions) {
        if (suggestion.verdict != Verdict::suggest) continue;
        for (auto& sentence : write(suggestion).left_out) sentences.push_back(std::move(sentence));
    }
    return sentences;
}

std::string drop_in(const Profile& profile, const std::vector<Suggestion>& suggestions,
                    const DropInOptions& options) {
    std::string text = head(profile, options);
    text += "\n[Service]\n";
    std::size_t silent = 0;
    std::set<std::string> told;
    for (const auto& suggestion : suggestions) {
        if (suggestion.verdict != Verdict::suggest) {
            silent += 1;
            continue;
        }
        const Written written = write(suggestion);
        add_comment(text, suggestion.reason);
        for (const auto& caveat : suggestion.caveats) {
            // Blind spots stand in the head as gaps; what holds for several suggestions is told at the first.
            if (caveat.starts_with("not seen: ") || !told.insert(caveat).second) continue;
            add_comment(text, "Caveat: " + caveat);
        }
        for (const auto& sentence : written.left_out) {
            for (const auto& line : wrap("LEFT OUT: " + sentence, kDropInColumns - 2)) text += "# " + line + "\n";
        }
        for (const auto& line : written.assignments) text += line + "\n";
        text += "\n";
    }
    if (silent == 0) {
        if (text.ends_with("\n\n")) text.pop_back();
        return text;
    }
    if (!options.explain) {
        add_comment(text, fmt::format("{} left as they are; `sandfit suggest --explain` tells why.",
                                      base::count_of(silent, "more directive was", "more directives were")));
        return text;
    }
    for (const auto& suggestion : suggestions) {
        if (suggestion.verdict == Verdict::suggest) continue;
        add_comment(text,
                    fmt::format("{}= {}: {}", suggestion.directive,
                                suggestion.verdict == Verdict::keep ? "kept" : "not suggested", suggestion.reason));
        for (const auto& caveat : suggestion.caveats) add_comment(text, "Caveat: " + caveat);
    }
    return text;
}

}  // namespace sandfit::render
