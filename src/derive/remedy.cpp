#include "derive/remedy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/path.h"
#include "derive/internet.h"
#include "derive/mounts.h"
#include "derive/path_use.h"
#include "derive/write_need.h"

namespace sandfit::derive {
namespace {

using Words = std::vector<std::string>;

Remedy leave_out(const std::string& directive) {
    return {directive, Remedy::How::leave_out, ValueForm::word, {}};
}

Remedy set(const std::string& directive, std::string word) {
    return {directive, Remedy::How::set, ValueForm::word, {std::move(word)}};
}

Remedy add(std::string_view directive, ValueForm form, Words items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return {std::string(directive), Remedy::How::add, form, std::move(items)};
}

/// To an allow-list the word; of a deny-list the word is to be taken out.
Remedy allow_word(const std::string& directive, const Words& value, const std::string& word) {
    const bool deny = !value.empty() && value.front().starts_with('~');
    return add(directive, ValueForm::words, {deny ? "~" + word : word});
}

/// The paths that a fact names, absolute; none when one of them is not known.
Words known_paths(const Fact& fact) {
    Words paths;
    for (const auto& use : path_uses(fact)) {
        if (use.path.empty()) return {};
        paths.push_back(use.path);
    }
    return paths;
}

/// ReadWritePaths= for what is written, one entry for both ends of a move; none where nobody knows, or at "/".
std::optional<Remedy> open_for_writing(const Fact& wanted) {
    const auto need = write_need(wanted);
    if (!need || !need->placed) return std::nullopt;
    if (!need->second_directory.empty()) {
        std::string both = base::common_ancestor(need->directory, need->second_directory);
        if (both == "/") return std::nullopt;
        return add("ReadWritePaths", ValueForm::paths, {std::move(both)});
    }
    Words paths = need->needs_directory || need->objects.empty() ? Words{need->directory} : need->objects;
    if (std::find(paths.begin(), paths.end(), "/") != paths.end()) return std::nullopt;
    return add("ReadWritePaths", ValueForm::paths, std::move(paths));
}

std::optional<Remedy> of_home(const std::string& directive, const Words& value, const Fact& wanted) {
    if (!write_need(wanted)) return set(directive, "read-only");
    const bool readable = !value.empty() && value.front() == "read-only";
    return readable ? open_for_writing(wanted) : std::nullopt;
}

/// A path that was hidden by a file system put over it, shown again.
std::optional<Remedy> bind_into(const Fact& wanted) {
    Words paths = known_paths(wanted);
    if (paths.empty()) return std::nullopt;
    return add(write_need(wanted) ? "BindPaths" : "BindReadOnlyPaths", ValueForm::paths, std::move(paths));
}

/// The list without what the file lies in, and not ExecPaths= for the file: at the next start it need not be there.
std::optional<Remedy> without_place(const std::string& directive, const Words& value, const Fact& wanted) {
    const Words paths = known_paths(wanted);
    Words others = value;
    std::erase_if(others, [&paths](const std::string& item) {
        const std::size_t prefix = std::min(item.find_first_not_of("-+"), item.size());
        return std::ranges::any_of(
            paths, [&](const std::string& path) { return base::is_at_or_below(path, item.substr(prefix)); });
    });
    if (others.empty() || others.size() == value.size()) return std::nullopt;
    return Remedy{directive, Remedy::How::set, ValueForm::paths, std::move(others)};
}

std::optional<Remedy> allow_device(const Fact& wanted) {
    const auto* file = std::get_if<FileFact>(&wanted);
    if (file != nullptr && file->op == FileOp::make_node) return std::nullopt;  // its path is not yet a device
    Words paths = known_paths(wanted);
    return paths.empty() ? std::nullopt : std::optional(add("DeviceAllow", ValueForm::paths, std::move(paths)));
}

std::optional<Remedy> of_address(const std::string& directive, const AddressFact& address) {
    if (directive == "SocketBindDeny") {
        const char* family = address.family == "AF_INET6" ? "ipv6:" : "ipv4:";
        return add("SocketBindAllow", ValueForm::words, {family + std::to_string(address.port)});
    }
    if (directive == "IPAddressDeny" && IpAddress::parse(address.address)) {
        return add("IPAddressAllow", ValueForm::words, {address.address});
    }
    return std::nullopt;
}

std::optional<Remedy> of_request(const std::string& directive, const Words& value, const RequestFact& request) {
    // setns(2) without a kind, clone3(2), and what not every version can list: no value lets them through.
    constexpr std::array<std::string_view, 7> kKinds = {"cgroup", "ipc", "net", "mnt", "pid", "user", "uts"};
    if (directive != "RestrictNamespaces") return std::nullopt;
    if (std::find(kKinds.begin(), kKinds.end(), request.value) == kKinds.end()) return std::nullopt;
    if (!value.empty() && value.front() == "yes") return set(directive, request.value);
    return allow_word(directive, value, request.value);
}

std::string compat_architecture(const Situation& situation) {
    const std::string& recorded = situation.profile.host.architecture;
    const std::string& machine = recorded.empty() ? situation.host.architecture : recorded;
    return machine == "x86_64" ? "x86" : machine == "aarch64" ? "arm" : "";
}

std::optional<Remedy> specific(const std::string& directive, const Words& value, const Fact& wanted,
                               const Situation& situation) {
    if (directive == "ProtectSystem" || directive == "ReadWritePaths" || directive == "ReadOnlyPaths") {
        return open_for_writing(wanted);
    }
    if (directive == "ProtectHome") return of_home(directive, value, wanted);
    if (directive == "TemporaryFileSystem") return bind_into(wanted);
    if (directive == "NoExecPaths") return without_place(directive, value, wanted);
    if (directive == "DevicePolicy" || directive == "DeviceAllow") return allow_device(wanted);
    if (directive == "ProtectProc") return set(directive, "default");
    if (directive == "ProcSubset") return set(directive, "all");
    if (const auto* call = std::get_if<SyscallFact>(&wanted)) {
        if (directive == "SystemCallFilter") return allow_word(directive, value, call->name);
        if (directive != "SystemCallArchitectures") return std::nullopt;
        const std::string other = compat_architecture(situation);
        return other.empty() ? std::nullopt : std::optional(add(directive, ValueForm::words, {other}));
    }
    if (const auto* check = std::get_if<CapabilityFact>(&wanted)) {
        const bool list = directive == "CapabilityBoundingSet" || directive == "AmbientCapabilities";
        return list ? std::optional(add(directive, ValueForm::words, {check->capability})) : std::nullopt;
    }
    if (const auto* asked = std::get_if<CapabilityRequestFact>(&wanted)) {
        const bool list = directive == "CapabilityBoundingSet" && asked->capability != CapabilityRequestFact::kAll;
        return list ? std::optional(add(directive, ValueForm::words, {asked->capability})) : std::nullopt;
    }
    if (const auto* exec = std::get_if<ExecFact>(&wanted)) {
        const bool list = directive == "CapabilityBoundingSet" && !exec->file_capabilities.empty();
        if (!list) return std::nullopt;
        return add(directive, ValueForm::words, {exec->file_capabilities.begin(), exec->file_capabilities.end()});
    }
    if (const auto* socket = std::get_if<SocketFact>(&wanted)) {
        if (directive == "RestrictAddressFamilies") return allow_word(directive, value, socket->family);
    }
    if (const auto* address = std::get_if<AddressFact>(&wanted)) return of_address(directive, *address);
    if (const auto* request = std::get_if<RequestFact>(&wanted)) return of_request(directive, value, *request);
    return std::nullopt;
}

}  // namespace

Remedy remedy_of(const std::string& directive, const Words& value, const Fact& wanted, const Situation& situation) {
    return specific(directive, value, wanted, situation).value_or(leave_out(directive));
}

}  // namespace sandfit::derive
