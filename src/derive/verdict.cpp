#include "derive/verdict.h"

#include <utility>

#include "base/error.h"
#include "base/path.h"

namespace sandfit::derive {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string with_error(std::string text, int error) {
    if (error != 0) text += " (" + base::errno_name(error) + ")";
    return text;
}

std::string place(const std::string& directory, const std::set<std::string>& names, bool many) {
    if (many || names.size() != 1) return "in " + clipped(directory);
    return clipped(base::join(directory, *names.begin()));
}

std::string_view word_for_move(MoveOp op) {
    switch (op) {
        case MoveOp::rename:
            return "rename";
        case MoveOp::exchange:
            return "exchange";
        case MoveOp::link:
            return "link";
    }
    return "move";
}

std::string_view word_for_address(AddressOp op) {
    switch (op) {
        case AddressOp::bind:
            return "bind";
        case AddressOp::connect:
            return "connect";
        case AddressOp::send:
            return "send";
    }
    return "use";
}

}  // namespace

Suggestion suggest(std::string_view directive, ValueForm form, std::vector<std::string> items, std::string reason) {
    Suggestion suggestion;
    suggestion.directive = std::string(directive);
    suggestion.verdict = Verdict::suggest;
    suggestion.form = form;
    suggestion.items = std::move(items);
    suggestion.reason = std::move(reason);
    return suggestion;
}

Suggestion keep(std::string_view directive, std::string reason) {
    Suggestion suggestion;
    suggestion.directive = std::string(directive);
    suggestion.verdict = Verdict::keep;
    suggestion.reason = std::move(reason);
    return suggestion;
}

Suggestion abstain(std::string_view directive, std::string reason) {
    Suggestion suggestion;
    suggestion.directive = std::string(directive);
    suggestion.verdict = Verdict::abstain;
    suggestion.reason = std::move(reason);
    return suggestion;
}

std::string some_of(const std::vector<std::string>& items, std::size_t most) {
    std::string text;
    const std::size_t shown = items.size() <= most + 1 ? items.size() : most;  // "and 1 more" is no shorter
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
        text += clipped(items[i]);
    }
    if (shown < items.size()) text += " and " + std::to_string(items.size() - shown) + " more";
    return text;
}

std::string clipped(std::string_view text) {
    // A path may have 4,095 bytes; a line of a drop-in that is read by people bears about a hundred.
    constexpr std::size_t kLongest = 120;
    if (text.size() <= kLongest) return std::string(text);
    return std::string(text.substr(0, 70)) + "..." + std::string(text.substr(text.size() - 45));
}

std::string_view word_for(FileOp op) {
    switch (op) {
        case FileOp::read:
            return "read";
        case FileOp::write:
            return "write";
        case FileOp::create:
            return "create";
        case FileOp::create_tmpfile:
            return "create a nameless file";
        case FileOp::make_directory:
            return "mkdir";
        case FileOp::make_node:
            return "mknod";
        case FileOp::make_socket:
            return "bind a socket";
        case FileOp::make_symlink:
            return "symlink";
        case FileOp::remove:
            return "remove";
        case FileOp::remove_directory:
            return "rmdir";
        case FileOp::truncate:
            return "truncate";
        case FileOp::change_mode:
            return "chmod";
        case FileOp::change_owner:
            return "chown";
        case FileOp::change_times:
            return "set times";
        case FileOp::change_xattr:
            return "set attributes";
        case FileOp::execute:
            return "execute";
        case FileOp::look:
            return "look at";
        case FileOp::map:
            return "map";
    }
    return "use";
}

std::string_view word_for_request(Request request) {
    switch (request) {
        case Request::writable_code:
            return "executable memory by ";
        case Request::namespace_:
            return "a namespace: ";
        case Request::personality:
            return "personality ";
        case Request::scheduling:
            return "scheduling policy ";
    }
    return "";
}

std::string describe(const Fact& fact) {
    return std::visit(Overloaded{
                          [](const SyscallFact& f) {
                              return "the syscall " + clipped(f.name) + (f.abi == Abi::compat ? " (compat)" : "");
                          },
                          [](const FileFact& f) {
                              return with_error(
                                  std::string(word_for(f.op)) + " " + place(f.directory, f.names, f.many), f.error);
                          },
                          [](const MoveFact& f) {
                              return with_error(std::string(word_for_move(f.op)) + " from " +
                                                    clipped(f.from_directory) + " to " + clipped(f.to_directory),
                                                f.error);
                          },
                          [](const CapabilityFact& f) {
                              return clipped(f.capability) + (f.syscall.empty() ? "" : " in " + clipped(f.syscall));
                          },
                          [](const CapabilityRequestFact& f) {
                              return with_error("the request of " + clipped(f.capability), f.error);
                          },
                          [](const SocketFact& f) {
                              return with_error("a socket of " + clipped(f.family) + " " + clipped(f.type), f.error);
                          },
                          [](const AddressFact& f) {
                              std::string text = std::string(word_for_address(f.op)) + " " + clipped(f.address);
                              if (f.port != 0) text += " port " + std::to_string(f.port);
                              return with_error(std::move(text), f.error);
                          },
                          [](const ExecFact& f) { return "the execution of " + clipped(f.path); },
                          [](const RequestFact& f) {
                              return with_error(std::string(word_for_request(f.request)) + clipped(f.value), f.error);
                          },
                          [](const FileSystemFact& f) { return "the file system " + clipped(f.type); },
                      },
                      fact);
}

}  // namespace sandfit::derive
