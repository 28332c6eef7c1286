// Values of unit files taken apart into words, by systemd's own rules (extract-word.c). Pure.
#ifndef SANDFIT_SYSTEMD_UNIT_WORDS_H
#define SANDFIT_SYSTEMD_UNIT_WORDS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandfit::systemd {

/// How a directive writes its words. A backslash takes the meaning from the character behind it, unless it is kept.
struct WordSyntax {
    enum class Quotes { literal, taken_off };
    enum class Escapes {
        dropped,                 ///< "\n" is "n"
        kept,                    ///< "\n" stays both characters
        c_style,                 ///< "\n" is a newline; anything that C does not know ends the reading
        c_style_or_kept,         ///< and here it is kept
        c_style_and_separators,  ///< and "\:" is a colon where that separates
    };
    enum class Repeated { are_one, are_empty_words };

    Quotes quotes = Quotes::taken_off;
    Escapes escapes = Escapes::dropped;
    std::string_view separators = " \t\n\r";
    Repeated repeated = Repeated::are_one;
};

/// Takes words off the front of a value, one after the other.
class WordReader {
public:
    WordReader(std::string_view value, WordSyntax syntax) : rest_(value), syntax_(syntax) {}

    /// The next word; none at the end, and where the syntax is broken (a quote without its end, a backslash with
    /// nothing behind it): then failed() says so, and what was read before stands, as with systemd.
    std::optional<std::string> next();
    [[nodiscard]] bool failed() const { return failed_; }
    /// What is not yet read.
    [[nodiscard]] std::string_view rest() const { return rest_; }
    /// What ended the last word: the separator, or 0 at the end of the value.
    [[nodiscard]] char separator() const { return separator_; }
    /// From the next word on.
    void set_syntax(WordSyntax syntax) { syntax_ = syntax; }
    void set_rest(std::string_view rest) { rest_ = rest; }

private:
    bool take_escaped(std::string& word, std::size_t& at) const;
    void skip_separators(std::size_t& at) const;
    [[nodiscard]] bool is_separator(char c) const { return syntax_.separators.find(c) != std::string_view::npos; }
    std::optional<std::string> fail();

    std::string_view rest_;
    WordSyntax syntax_;
    char separator_ = 0;
    bool failed_ = false;
    bool ended_ = false;
};

struct Words {
    std::vector<std::string> words;
    bool complete = true;  ///< false: the rest of the value could not be read
};
Words words_of(std::string_view value, WordSyntax syntax = {});

}  // namespace sandfit::systemd

#endif
