#include "cli/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace sandfit::cli {
namespace {

int descriptor_of(Stream stream) {
    return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO;
}

Result<void> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return base::system_error("cannot write the output");
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

bool is_terminal(Stream stream) {
    return ::isatty(descriptor_of(stream)) == 1;
}

bool wants_colours(Stream stream) {
    const char* no_color = std::getenv("NO_COLOR");
    if (no_color != nullptr && *no_color != '\0') return false;
    const char* term = std::getenv("TERM");
    return term != nullptr && std::string_view(term) != "dumb" && is_terminal(stream);
}

std::size_t columns_of(Stream stream) {
    winsize size{};
    if (::ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
    return size.ws_col;
}

Result<void> print(std::string_view text) {
    return write_all(STDOUT_FILENO, text);
}

void tell(std::string_view line) {
    // One write, so that lines of a child on the same terminal do not get in between.
    const auto written = write_all(STDERR_FILENO, std::string(line) + "\n");
    static_cast<void>(written);
}

void tell_notes(const std::vector<std::string>& notes) {
    for (const std::string& note : notes) tell("sandfit: " + printable(note));
}

std::string printable(std::string_view text) {
    const std::string escaped = base::escape_bytes(text);
    std::string result;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        result += escaped[i];
        if (escaped[i] == '\\' && i + 1 < escaped.size() && escaped[i + 1] == '\\') ++i;
    }
    return result;
}

std::string format_error(const Error& error) {
    std::string text = "sandfit: " + printable(base::describe(error));
    if (!error.hint.empty()) text += "\n  " + printable(error.hint);
    return text;
}

void print_error(const Error& error) {
    std::string text = format_error(error);
    if (wants_colours(Stream::err)) text.replace(0, 8, "\x1b[31msandfit:\x1b[0m");
    tell(text);
}

}  // namespace sandfit::cli
