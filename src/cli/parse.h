// From the words of a command line to what was asked for.
#ifndef SANDFIT_CLI_PARSE_H
#define SANDFIT_CLI_PARSE_H

#include <sandfit/result.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace sandfit::cli {

/// The options and operands of one verb, checked against its VerbSpec: values of options are well-formed,
/// and there are as many operands as the verb takes.
class Arguments {
public:
    explicit Arguments(const VerbSpec& verb) : verb_(&verb) {}

    /// The functions below REQUIRE that the verb has an option of that name (in options.cpp).
    [[nodiscard]] bool has(std::string_view option) const;
    [[nodiscard]] std::optional<std::string> value(std::string_view option) const;  ///< the last one
    /// Each that was given; REQUIRES a repeatable option.
    [[nodiscard]] std::vector<std::string> values(std::string_view option) const;
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view option) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view option) const;

    [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }
    [[nodiscard]] const VerbSpec& verb() const { return *verb_; }

private:
    friend Result<Arguments> parse(const VerbSpec&, const std::vector<std::string>&);

    const VerbSpec* verb_;
    std::map<std::string, std::vector<std::string>, std::less<>> given_;  ///< a flag has the value ""
    std::vector<std::string> operands_;
};

/// `words` is what follows the verb. Everything that is wrong is ErrorKind::usage. With --help, operands
/// may be missing.
Result<Arguments> parse(const VerbSpec& verb, const std::vector<std::string>& words);

}  // namespace sandfit::cli

#endif
