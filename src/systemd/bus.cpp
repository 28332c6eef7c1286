#include "systemd/bus.h"

#include <fmt/core.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "systemd/property.h"

namespace sandfit::systemd {
namespace {

constexpr const char* kDestination = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
// systemd answers at once, except while it reads hundreds of generators and unit files again.
constexpr std::uint64_t kReloadTimeoutUs = 120'000'000;
// How long a wait for a job sleeps before it asks should_stop() again.
constexpr std::uint64_t kPollUs = 200'000;

struct BusDeleter {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
struct MessageDeleter {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
struct SlotDeleter {
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using BusHandle = std::unique_ptr<sd_bus, BusDeleter>;
using Message = std::unique_ptr<sd_bus_message, MessageDeleter>;
using Slot = std::unique_ptr<sd_bus_slot, SlotDeleter>;

class BusError {
public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error_); }

    sd_bus_error* get() { return &error_; }

    [[nodiscard]] bool is(std::string_view name) const { return error_.name != nullptr && name == error_.name; }

    /// The error for a call that returned `code` (a negative errno).
    [[nodiscard]] Error describe(std::string what, int code) const {
        // The number is what tells a lost connection, which is worth another try, from an answer.
        if (code == -ENOTCONN || code == -ECONNRESET || code == -EPIPE) return base::system_error(what, -code);
        const std::string_view name = error_.name != nullptr ? error_.name : "";
        if (error_.message != nullptr) what += fmt::format(": {}", error_.message);
        if (name == SD_BUS_ERROR_ACCESS_DENIED || name == SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED ||
            code == -EPERM || code == -EACCES) {
            return Error{ErrorKind::not_permitted, std::move(what), 0, "run it as root"};
        }
        if (name == "org.freedesktop.systemd1.OnlyByDependency") {
            return Error{ErrorKind::usage, std::move(what), 0, "observe it without --restart"};
        }
        return Error{ErrorKind::failed, std::move(what), error_.message != nullptr ? 0 : -code, ""};
    }

private:
    sd_bus_error error_ = SD_BUS_ERROR_NULL;
};

Error protocol_error(int code) {
    return base::system_error("systemd sent a reply that does not parse", code < 0 ? -code : EBADMSG);
}

// A unit's properties nest 3 deep; a bound keeps a hostile bus from using up our stack.
constexpr int kMaxNesting = 16;

/// Reads the next value of a message, whatever its type. Negative errno, or 0.
int read_value(sd_bus_message* message, Value& value, int nesting = 0) {
    if (nesting > kMaxNesting) return -EBADMSG;
    char type = 0;
    const char* contents = nullptr;
    int code = sd_bus_message_peek_type(message, &type, &contents);
    if (code <= 0) return code < 0 ? code : -EBADMSG;

    const auto read_number = [message, type, &value](auto number) {
        const int result = sd_bus_message_read_basic(message, type, &number);
        if constexpr (std::is_signed_v<decltype(number)>) {
            value.data = static_cast<std::int64_t>(number);
        } else {
            value.data = static_cast<std::uint64_t>(number);
        }
        return result < 0 ? result : 0;
    };
    switch (type) {
        case SD_BUS_TYPE_BOOLEAN: {
            int truth = 0;
            code = sd_bus_message_read_basic(message, type, &truth);
            value.data = truth != 0;
            return code < 0 ? code : 0;
        }
        case SD_BUS_TYPE_BYTE:
            return read_number(std::uint8_t{});
        case SD_BUS_TYPE_INT16:
            return read_number(std::int16_t{});
        case SD_BUS_TYPE_UINT16:
            return read_number(std::uint16_t{});
        case SD_BUS_TYPE_INT32:
            return read_number(std::int32_t{});
        case SD_BUS_TYPE_UINT32:
            return read_number(std::uint32_t{});
        case SD_BUS_TYPE_INT64:
            return read_number(std::int64_t{});
        case SD_BUS_TYPE_UINT64:
            return read_number(std::uint64_t{});
        case SD_BUS_TYPE_DOUBLE: {
            double number = 0;
            code = sd_bus_message_read_basic(message, type, &number);
            value.data = number;
            return code < 0 ? code : 0;
        }
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH:
        case SD_BUS_TYPE_SIGNATURE: {
            const char* text = nullptr;
            code = sd_bus_message_read_basic(message, type, &text);
            if (code < 0) return code;
            value.data = std::string(text);
            return 0;
        }
        case SD_BUS_TYPE_ARRAY:
        case SD_BUS_TYPE_STRUCT:
        case SD_BUS_TYPE_DICT_ENTRY: {
            code = sd_bus_message_enter_container(message, type, contents);
            if (code < 0) return code;
            Value::List list;
            while ((code = sd_bus_message_at_end(message, 0)) == 0) {
                code = read_value(message, list.emplace_back(), nesting + 1);
                if (code < 0) return code;
            }
            if (code < 0) return code;
            value.data = std::move(list);
            return sd_bus_message_exit_container(message);
        }
        case SD_BUS_TYPE_VARIANT: {
            code = sd_bus_message_enter_container(message, type, contents);
            if (code < 0) return code;
            code = read_value(message, value, nesting + 1);
            if (code < 0) return code;
            return sd_bus_message_exit_container(message);
        }
        default:
            return sd_bus_message_skip(message, nullptr);
    }
}

/// a{sv}
int read_properties(sd_bus_message* message, Properties& properties) {
    int code = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
    while (code >= 0 && (code = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
        const char* name = nullptr;
        code = sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &name);
        if (code < 0) break;
        Property& property = properties[name];
        char type = 0;
        const char* contents = nullptr;
        code = sd_bus_message_peek_type(message, &type, &contents);
        if (code < 0) break;
        property.signature = contents != nullptr ? contents : "";
        code = read_value(message, property.value);
        if (code < 0) break;
        code = sd_bus_message_exit_container(message);
    }
    return code < 0 ? code : 0;
}

class BusServiceManager final : public ServiceManager {
public:
    /// Becomes able to hear of finished jobs. REQUIRES: called once, before anything else.
    Result<void> open(BusHandle bus) {
        bus_ = std::move(bus);
        sd_bus_slot* slot = nullptr;
        // No sender: systemd's own socket is no bus, and its messages have none.
        const int code = sd_bus_match_signal(bus_.get(), &slot, nullptr, kManagerPath, kManager, "JobRemoved",
                                             &BusServiceManager::on_job_removed, this);
        if (code < 0) return base::system_error("cannot listen to systemd", -code);
        job_removed_.reset(slot);
        BusError error;
        const int subscribed = sd_bus_call_method(bus_.get(), kDestination, kManagerPath, kManager, "Subscribe",
                                                  error.get(), nullptr, "");
        if (subscribed < 0) return error.describe("cannot talk to systemd", subscribed);
        return {};
    }

    Result<UnitState> load(const std::string& unit) override {
        BusError error;
        sd_bus_message* raw = nullptr;
        int code = sd_bus_call_method(bus_.get(), kDestination, kManagerPath, kManager, "LoadUnit", error.get(), &raw,
                                      "s", unit.c_str());
        const Message reply(raw);
        if (code < 0) return error.describe(fmt::format("cannot ask systemd for {}", unit), code);
        const char* path = nullptr;
        code = sd_bus_message_read(reply.get(), "o", &path);
        if (code < 0) return protocol_error(code);

        auto of_unit = properties_of(path, "org.freedesktop.systemd1.Unit");
        if (!of_unit) return in_context(unit, of_unit.error());
        auto of_service = properties_of(path, "org.freedesktop.systemd1.Service");
        if (!of_service) return in_context(unit, of_service.error());
        return unit_state(*of_unit, *of_service);
    }

    Result<void> start(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) override {
        return run_job("StartUnit", "start", unit, timeout, should_stop);
    }
    Result<void> stop(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) override {
        return run_job("StopUnit", "stop", unit, timeout, should_stop);
    }
    Result<void> restart(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) override {
        return run_job("RestartUnit", "restart", unit, timeout, should_stop);
    }
    Result<void> reload(const std::string& unit, std::chrono::seconds timeout, ShouldStop should_stop) override {
        return run_job("ReloadUnit", "reload", unit, timeout, should_stop);
    }

    Result<void> daemon_reload() override {
        BusError error;
        sd_bus_message* raw = nullptr;
        int code = sd_bus_message_new_method_call(bus_.get(), &raw, kDestination, kManagerPath, kManager, "Reload");
        const Message call(raw);
        if (code >= 0) code = sd_bus_call(bus_.get(), call.get(), kReloadTimeoutUs, error.get(), nullptr);
        if (code < 0) return error.describe("systemd cannot reload its units", code);
        return {};
    }

    Result<void> reset_failed(const std::string& unit) override {
        BusError error;
        const int code = sd_bus_call_method(bus_.get(), kDestination, kManagerPath, kManager, "ResetFailedUnit",
                                            error.get(), nullptr, "s", unit.c_str());
        // A unit that is not loaded has nothing to forget.
        if (code < 0 && !error.is("org.freedesktop.systemd1.NoSuchUnit")) {
            return error.describe(fmt::format("cannot reset {}", unit), code);
        }
        return {};
    }

private:
    static int on_job_removed(sd_bus_message* message, void* self, sd_bus_error*) {
        std::uint32_t id = 0;
        const char* job = nullptr;
        const char* unit = nullptr;
        const char* result = nullptr;
        auto* manager = static_cast<BusServiceManager*>(self);
        if (manager->waiting_ && sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0) {
            manager->finished_jobs_[job] = result;
        }
        return 0;
    }

    Result<Properties> properties_of(const char* path, const char* interface) {
        BusError error;
        sd_bus_message* raw = nullptr;
        int code = sd_bus_call_method(bus_.get(), kDestination, path, "org.freedesktop.DBus.Properties", "GetAll",
                                      error.get(), &raw, "s", interface);
        const Message reply(raw);
        if (code < 0) return error.describe("cannot read its properties", code);
        Properties properties;
        code = read_properties(reply.get(), properties);
        if (code < 0) return protocol_error(code);
        return properties;
    }

    Result<void> run_job(const char* method, std::string_view verb, const std::string& unit,
                         std::chrono::seconds timeout, const ShouldStop& should_stop) {
        const std::string what = fmt::format("cannot {} {}", verb, unit);
        const std::string hint = fmt::format("`journalctl -e -u {}` tells more", unit);
        // From here on: the job may be over before we have read the reply that names it.
        finished_jobs_.clear();
        waiting_ = true;
        auto outcome = [&]() -> Result<void> {
            BusError error;
            sd_bus_message* raw = nullptr;
            int code = sd_bus_call_method(bus_.get(), kDestination, kManagerPath, kManager, method, error.get(), &raw,
                                          "ss", unit.c_str(), "replace");
            const Message reply(raw);
            if (code < 0) return error.describe(what, code);
            const char* job = nullptr;
            code = sd_bus_message_read(reply.get(), "o", &job);
            if (code < 0) return protocol_error(code);

            const auto deadline = std::chrono::steady_clock::now() + timeout;
            for (;;) {
                while ((code = sd_bus_process(bus_.get(), nullptr)) > 0) {
                }
                if (code < 0) return base::system_error(what + ": lost the connection to systemd", -code);
                const auto finished = finished_jobs_.find(job);
                if (finished != finished_jobs_.end()) {
                    if (finished->second == "done") return {};
                    return job_error(what, finished->second, unit, hint);
                }
                if (should_stop && should_stop()) return Error{ErrorKind::interrupted, what + ": interrupted", 0, ""};
                if (std::chrono::steady_clock::now() >= deadline) {
                    return Error{ErrorKind::failed,
                                 fmt::format("{}: not done after {} s, the job goes on", what, timeout.count()), 0,
                                 hint};
                }
                // A signal ends the sleep early with EINTR, which is what should_stop() waits for.
                sd_bus_wait(bus_.get(), kPollUs);
            }
        }();
        waiting_ = false;
        return outcome;
    }

    Error job_error(const std::string& what, const std::string& job_result, const std::string& unit,
                    const std::string& hint) {
        std::string why = fmt::format("the job ended as \"{}\"", job_result);
        if (const auto state = load(unit); state && !state->result.empty() && state->result != "success") {
            why += fmt::format(", the service as \"{}\"", state->result);
        }
        return Error{ErrorKind::failed, fmt::format("{}: {}", what, why), 0, hint};
    }

    BusHandle bus_;
    Slot job_removed_;  // after bus_: it goes first
    bool waiting_ = false;
    std::map<std::string, std::string> finished_jobs_;  // result by object path of the job, of this wait only
};

Result<BusHandle> open_bus() {
    sd_bus* raw = nullptr;
    const int over_bus = sd_bus_open_system(&raw);
    if (over_bus >= 0) return BusHandle(raw);
    if (::geteuid() == 0) {
        raw = nullptr;
        int code = sd_bus_new(&raw);
        BusHandle bus(raw);
        if (code >= 0) code = sd_bus_set_address(bus.get(), "unix:path=/run/systemd/private");
        if (code >= 0) code = sd_bus_start(bus.get());
        if (code >= 0) return bus;
    }
    Error error = base::system_error("cannot connect to systemd over D-Bus", -over_bus);
    error.hint = "`systemctl status` must work; run sandfit as root";
    return error;
}

}  // namespace

Result<std::unique_ptr<ServiceManager>> connect_system_manager() {
    if (sd_booted() <= 0) {
        return Error{ErrorKind::unsupported, "systemd is not running here", 0,
                     "`sandfit run -- CMD` observes a command without it"};
    }
    auto bus = open_bus();
    if (!bus) return bus.error();
    auto manager = std::make_unique<BusServiceManager>();
    if (auto opened = manager->open(std::move(*bus)); !opened) return opened.error();
    return std::unique_ptr<ServiceManager>(std::move(manager));
}

}  // namespace sandfit::systemd
