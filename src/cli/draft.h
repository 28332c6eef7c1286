// A drop-in in the making: what is tried on the unit, and widened by what was refused.
#ifndef SANDFIT_CLI_DRAFT_H
#define SANDFIT_CLI_DRAFT_H

#include <sandfit/denial.h>
#include <sandfit/host.h>
#include <sandfit/profile.h>
#include <sandfit/result.h>
#include <sandfit/suggestion.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "cli/candidate.h"

namespace sandfit::cli {

class Draft {
public:
    virtual ~Draft() = default;

    /// As it is now. ErrorKind::failed when nothing is left of it.
    virtual Result<Candidate> candidate() const = 0;

    /// Lets through exactly what was refused.
    virtual void widen(const std::vector<Denial>& denials) = 0;

    /// Takes up what was seen of the unit without a sandbox. How many facts of it are new, 0 when nothing changes.
    virtual std::size_t learn(const Profile& recorded) = 0;

    /// Leaves these directives out, from now on.
    virtual void withdraw(const std::set<std::string>& directives, const std::string& reason) = 0;
};

/// Derived anew from what is known after each change.
class DerivedDraft final : public Draft {
public:
    /// `profile` was recorded without the sandbox; `settings` are the unit's without it.
    DerivedDraft(Profile profile, UnitSettings settings, Host host, Tightness tightness);

    Result<Candidate> candidate() const override;
    void widen(const std::vector<Denial>& denials) override;
    std::size_t learn(const Profile& recorded) override;
    void withdraw(const std::set<std::string>& directives, const std::string& reason) override;

    [[nodiscard]] const Profile& profile() const { return profile_; }

private:
    Profile profile_;
    UnitSettings settings_;
    Host host_;
    Tightness tightness_;
    derive::Withdrawn withdrawn_;
};

/// A drop-in that somebody wrote; its assignments are edited.
class GivenDraft final : public Draft {
public:
    GivenDraft(std::vector<systemd::Assignment> assignments, Host host);

    Result<Candidate> candidate() const override;
    void widen(const std::vector<Denial>& denials) override;
    /// Nothing: what it allows is not derived from what was seen.
    std::size_t learn(const Profile& recorded) override;
    void withdraw(const std::set<std::string>& directives, const std::string& reason) override;

private:
    void apply(const Remedy& remedy);

    std::vector<systemd::Assignment> assignments_;
    Host host_;
};

}  // namespace sandfit::cli

#endif
