#include "profile/store.h"

#include "base/file.h"
#include "profile/json.h"

namespace sandfit::profile {

Result<Profile> load(const std::string& path) {
    const auto text = base::read_file(path, kMaxProfileBytes);
    if (!text) return text.error();
    return from_json(*text, path);
}

Result<void> save(const Profile& profile, const std::string& path) {
    return base::write_file_atomically(path, to_json(profile));
}

}  // namespace sandfit::profile
