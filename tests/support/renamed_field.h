// A kernel in which a field has another name than in ours: its type information, with one name changed.
#ifndef SANDFIT_TESTS_SUPPORT_RENAMED_FIELD_H
#define SANDFIT_TESTS_SUPPORT_RENAMED_FIELD_H

#include <compare>
#include <set>
#include <string>

namespace sandfit::tests {

/// Of a structure or union of the kernel.
struct Field {
    std::string structure;
    std::string name;

    auto operator<=>(const Field&) const = default;
};

/// All that our programs read or ask for, on any kernel: from the relocations of the object file.
std::set<Field> fields_read();

/// A copy of this kernel's type information in which the field has another name, in a file until its end.
class RenamedField {
public:
    explicit RenamedField(const Field& field);
    ~RenamedField();
    RenamedField(const RenamedField&) = delete;
    RenamedField& operator=(const RenamedField&) = delete;

    /// The kernel has such a field.
    [[nodiscard]] bool is_there() const { return is_there_; }
    [[nodiscard]] const std::string& file() const { return file_; }

private:
    std::string file_;
    bool is_there_ = false;
};

}  // namespace sandfit::tests

#endif
