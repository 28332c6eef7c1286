#include "support/renamed_field.h"

#include "support/catch.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

// The name that every libbpf 1.x exports; the header has another one, which came with 1.4 only.
extern "C" const void* btf_ext__get_raw_data(const btf_ext* ext, __u32* size);

namespace sandfit::tests {
namespace {

// include/linux/btf.h of the kernel's tools, tools/lib/bpf/libbpf_internal.h: the head of .BTF.ext.
struct ExtHead {
    __u16 magic;
    __u8 version, flags;
    __u32 size;
    __u32 functions_at, functions_size, lines_at, lines_size;
    __u32 relocations_at, relocations_size;
};

// A structure that we declare for another version of the kernel has "___" and a word behind its name.
std::string without_flavor(std::string_view name) {
    return std::string(name.substr(0, name.find("___")));
}

const btf_type* skip_modifiers(const btf* types, __u32 id) {
    const btf_type* type = btf__type_by_id(types, id);
    while (btf_is_mod(type) || btf_is_typedef(type)) type = btf__type_by_id(types, type->type);
    return type;
}

// The fields on the way of an access as "0:5:1": the first number is an index of an array of the root, each other
// that of a member, or of an array's element.
void add_fields(const btf* types, __u32 root, const std::string& access, std::set<Field>& out) {
    std::istringstream numbers(access);
    std::string number;
    std::getline(numbers, number, ':');
    const btf_type* type = skip_modifiers(types, root);
    std::string structure;
    while (std::getline(numbers, number, ':')) {
        if (btf_is_array(type)) {
            type = skip_modifiers(types, btf_array(type)->type);
            continue;
        }
        if (!btf_is_composite(type)) return;  // an enumerator's
        const std::string name = btf__name_by_offset(types, type->name_off);
        if (!name.empty()) structure = without_flavor(name);  // one without a name is part of what it is in
        const btf_member& member = btf_members(type)[std::stoul(number)];
        const std::string field = btf__name_by_offset(types, member.name_off);
        if (!field.empty()) out.insert({structure, field});
        type = skip_modifiers(types, member.type);
    }
}

bool rename_in(const btf* types, const btf_type* type, const std::string& name, __u32 other) {
    bool found = false;
    for (int i = 0; i < btf_vlen(type); ++i) {
        btf_member& member = btf_members(const_cast<btf_type*>(type))[i];
        const std::string_view its = btf__name_by_offset(types, member.name_off);
        const btf_type* inner = skip_modifiers(types, member.type);
        if (its == name) {
            member.name_off = other;
            found = true;
        } else if (its.empty() && btf_is_composite(inner)) {
            found = rename_in(types, inner, name, other) || found;
        }
    }
    return found;
}

using Types = std::unique_ptr<btf, decltype(&btf__free)>;

}  // namespace

std::set<Field> fields_read() {
    btf_ext* ext = nullptr;
    const Types types(btf__parse(SANDFIT_BPF_OBJECT, &ext), btf__free);
    REQUIRE(types != nullptr);
    REQUIRE(ext != nullptr);
    const std::unique_ptr<btf_ext, decltype(&btf_ext__free)> owned(ext, btf_ext__free);
    __u32 size = 0;
    const auto* bytes = static_cast<const char*>(btf_ext__get_raw_data(ext, &size));
    ExtHead head;
    REQUIRE(size >= sizeof(head));
    std::memcpy(&head, bytes, sizeof(head));
    REQUIRE(head.size >= sizeof(head));
    const char* at = bytes + head.size + head.relocations_at;
    const char* end = at + head.relocations_size;
    __u32 one_size = 0;
    std::memcpy(&one_size, at, sizeof(one_size));
    REQUIRE(one_size >= sizeof(bpf_core_relo));
    std::set<Field> out;
    for (at += sizeof(one_size); at < end;) {
        __u32 section[2];  // the offset of its name, and how many follow
        std::memcpy(section, at, sizeof(section));
        at += sizeof(section);
        for (__u32 i = 0; i < section[1]; ++i, at += one_size) {
            bpf_core_relo one;
            std::memcpy(&one, at, sizeof(one));
            if (one.kind > BPF_CORE_FIELD_RSHIFT_U64) continue;  // of a type or an enumerator
            add_fields(types.get(), one.type_id, btf__name_by_offset(types.get(), one.access_str_off), out);
        }
    }
    return out;
}

RenamedField::RenamedField(const Field& field) {
    const Types types(btf__load_vmlinux_btf(), btf__free);
    REQUIRE(types != nullptr);
    const int other = btf__find_str(types.get(), "task_struct");
    REQUIRE(other > 0);
    for (__u32 id = 1; id < btf__type_cnt(types.get()); ++id) {
        const btf_type* type = btf__type_by_id(types.get(), id);
        if (!btf_is_composite(type) || field.structure != btf__name_by_offset(types.get(), type->name_off)) continue;
        is_there_ = rename_in(types.get(), type, field.name, static_cast<__u32>(other)) || is_there_;
    }
    std::string name = "/tmp/sandfit-types-XXXXXX";
    const int fd = ::mkstemp(name.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    file_ = name;
    __u32 size = 0;
    const auto* bytes = static_cast<const char*>(btf__raw_data(types.get(), &size));
    std::ofstream(file_, std::ios::binary).write(bytes, size);
}

RenamedField::~RenamedField() {
    ::unlink(file_.c_str());
}

}  // namespace sandfit::tests
