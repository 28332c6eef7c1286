// One assignment of a unit's file taken in, as systemd takes it (load-fragment.c). Private to unit_settings.cpp.
#ifndef SANDFIT_SYSTEMD_UNIT_ASSIGNING_H
#define SANDFIT_SYSTEMD_UNIT_ASSIGNING_H

#include <sandfit/host.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "systemd/setting_words.h"
#include "systemd/unit_directives.h"
#include "systemd/unit_lists.h"
#include "systemd/unit_specifiers.h"
#include "systemd/unit_state.h"
#include "systemd/unit_words.h"

namespace sandfit::systemd {

/// One assignment, taken in by its kind. Refers to all that it is made with.
class Assigning {
public:
    Assigning(SettingsState& state, const DirectiveSpec& spec, std::string_view value, const UnitNameParts& unit,
              const Host& host)
        : state_(state), spec_(spec), name_(spec.reported_as()), value_(value), unit_(unit), host_(host) {}

    /// Why systemd refuses the unit for it; none when it does not.
    std::optional<std::string> apply();

    Complaints complaints;  ///< what it passes over, each the end of a sentence

private:
    [[nodiscard]] SettingWords& list() { return state_.settings.values[name_]; }
    void assign(std::string word);
    void reset();
    void complain(std::string why) { complaints.push_back(std::move(why)); }
    void complain_of_value();
    /// The last complaint is one for which systemd refuses the unit.
    void refuse();
    [[nodiscard]] std::optional<std::string> number_word() const;
    std::string expanded(std::string_view text);
    std::optional<std::string> absolute_path(std::string_view text);

    void take_flag();
    void take_word();
    void take_text();
    void take_label();
    void take_path();
    void take_paths();
    void take_colon_paths();
    void take_names();
    void take_variables();
    void take_file();
    void take_number();
    void take_duration();
    void take_limit();
    void take_memory();
    void take_tasks();
    void take_weight();
    void take_signal();
    void take_commands();
    void take_directories();
    void take_working_directory();
    void take_bind_mounts();
    void take_temporary_file_systems();
    void take_stream();
    void take_architectures();
    void take_device();
    void take_port();
    void take_controllers();
    void take_mount_flags();
    void take_slice();
    void take_unread();
    void take_untold();
    void take_kept_apart();

    SettingsState& state_;
    const DirectiveSpec& spec_;
    std::string name_;
    std::string_view value_;
    const UnitNameParts& unit_;
    const Host& host_;
    std::optional<std::string> refusal_;
};

}  // namespace sandfit::systemd

#endif
