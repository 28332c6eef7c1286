// Result<T>: a value, or the reason why there is none.
//
// Its surface is a subset of std::expected, so that it can become an alias of it once every
// compiler that we use has one (g++ 12 does; clang 14 with the same library does not).
// Libraries return errors and never print or exit; src/cli/main.cpp prints, once.
#ifndef SANDFIT_RESULT_H
#define SANDFIT_RESULT_H

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace sandfit {

/// What sort of failure it was; src/cli maps it to the exit status.
enum class ErrorKind {
    failed,         ///< anything else
    usage,          ///< the user asked for something that makes no sense
    not_permitted,  ///< a privilege is missing
    unsupported,    ///< this host lacks something
    bad_input,      ///< a file or a reply is not what it should be
    interrupted,    ///< the user stopped us
    incomplete,     ///< what was recorded has gaps, and the user did not accept that
};

struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string what;   ///< what we were doing, with the name of the thing; no full stop
    int sys_errno = 0;  ///< errno, or 0 where the system had no part in it
    std::string hint;   ///< what the user can do; empty when there is nothing to do
};

/// Adds what the caller was doing in front of what went wrong below it.
[[nodiscard]] inline Error in_context(std::string context, Error error) {
    error.what = std::move(context) + ": " + error.what;
    return error;
}

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    /// REQUIRES: has_value().
    T& value() & { assert(has_value()); return *std::get_if<0>(&state_); }
    const T& value() const& { assert(has_value()); return *std::get_if<0>(&state_); }
    T&& value() && { assert(has_value()); return std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// REQUIRES: !has_value().
    [[nodiscard]] const Error& error() const& { assert(!has_value()); return *std::get_if<1>(&state_); }
    [[nodiscard]] Error&& error() && { assert(!has_value()); return std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return !failed_; }
    /// REQUIRES: !has_value().
    [[nodiscard]] const Error& error() const { assert(failed_); return error_; }

private:
    Error error_;
    bool failed_ = false;
};

}  // namespace sandfit

#endif
