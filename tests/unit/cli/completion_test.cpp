#include "cli/completion.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/options.h"
#include "support/catch.h"

using namespace sandfit;
using namespace sandfit::cli;

namespace {

/// A file in a directory of its own, gone at the end.
class Scratch {
public:
    explicit Scratch(const std::string& content) {
        char name[] = "/tmp/sandfit-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory_ = name;
        REQUIRE(base::write_file_atomically(path(), content).has_value());
    }
    ~Scratch() {
        ::unlink(path().c_str());
        ::rmdir(directory_.c_str());
    }
    [[nodiscard]] std::string path() const { return directory_ + "/file"; }

private:
    std::string directory_;
};

/// What the completion offers for `words`, the last of which is being typed.
std::vector<std::string> completed_by_bash(const std::vector<std::string>& words) {
    const Scratch script(bash_completion());
    std::string command = "source " + script.path() + "; COMP_WORDS=(";
    for (const std::string& word : words) command += "'" + word + "' ";
    command += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _sandfit; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const auto done = base::run_command({"bash", "--norc", "-c", command});
    REQUIRE(done);
    CHECK(done->err.empty());
    return base::split(base::trim(done->out), '\n');
}

/// Whether a shell takes a script; a shell that is not installed is told and not judged.
void check_syntax(const std::vector<std::string>& shell, const std::string& content) {
    const Scratch script(content);
    auto command = shell;
    command.push_back(script.path());
    const auto done = base::run_command(command);
    if (!done) {
        WARN("not checked, " << shell.front() << " is not installed");
        return;
    }
    INFO(done->err);
    CHECK(done->status == 0);
    CHECK(done->err.empty());
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the shells accept their completion scripts") {
    check_syntax({"bash", "-n"}, bash_completion());
    check_syntax({"zsh", "-n"}, zsh_completion());
    check_syntax({"fish", "-n"}, fish_completion());
}

TEST_CASE("every completion and the man page have every option that is shown") {
    for (const VerbSpec& verb : verbs()) {
        if (verb.hidden) continue;
        for (const OptionSpec& option : verb.options) {
            const std::string name(option.name);
            INFO(verb.name << " " << name);
            CHECK((bash_completion().find("--" + name) != std::string::npos) == !option.hidden);
            CHECK((zsh_completion().find("--" + name) != std::string::npos) == !option.hidden);
            CHECK((fish_completion().find("-l " + name + " ") != std::string::npos) == !option.hidden);
            CHECK((man_sections().find("*--" + name + "*") != std::string::npos) == !option.hidden);
        }
    }
}

TEST_CASE("bash completes verbs, options and choices") {
    CHECK(completed_by_bash({"sandfit", "su"}) == Words{"suggest"});
    CHECK(completed_by_bash({"sandfit", "observe", "--re"}) == Words{"--restart"});
    CHECK(completed_by_bash({"sandfit", "observe", "nginx", "--probes", "tr"}) == Words{"trampoline", "tracepoint"});
    CHECK(completed_by_bash({"sandfit", "suggest", "-t", ""}) == Words{"strict", "balanced", "cautious"});
    CHECK(completed_by_bash({"sandfit", "help", "d"}) == Words{"doctor"});
}

TEST_CASE("scdoc makes a page of the generated sections") {
    const Scratch page("sandfit(1)\n\n# NAME\n\nsandfit - test\n\n" + man_sections());
    const auto done =
        base::run_command({"sh", "-c", "command -v scdoc >/dev/null || exit 77; scdoc < " + page.path()});
    REQUIRE(done);
    if (done->status == 77) {
        WARN("not checked, scdoc is not installed");
        return;
    }
    INFO(done->err);
    CHECK(done->status == 0);
    CHECK(done->out.find("accept-incomplete") != std::string::npos);
}
