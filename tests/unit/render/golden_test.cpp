// The outputs as files in tests/golden/render/. SANDFIT_ACCEPT=1 rewrites them; review the difference then.
#include "support/golden.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "render/drop_in.h"
#include "render/json.h"
#include "render/text.h"
#include "sample.h"
#include "support/catch.h"

using namespace sandfit;

namespace {

void check_golden(const std::string& name, const std::string& text) {
    tests::check_golden("render/" + name, text);
}

render::TextOptions text_options(bool explain) {
    render::TextOptions options;
    options.explain = explain;
    return options;
}

}  // namespace

TEST_CASE("the drop-in is as it was accepted") {
    render::DropInOptions options;
    options.tool_version = "0.1.0";
    check_golden("drop_in.conf", render::drop_in(sample::profile(), sample::suggestions(), options));
    options.explain = true;
    check_golden("drop_in_explained.conf", render::drop_in(sample::profile(), sample::suggestions(), options));
}

TEST_CASE("the suggestions as JSON are as they were accepted") {
    check_golden("suggestions.json",
                 render::to_json(sample::profile(), sample::suggestions(), Tightness::balanced, "0.1.0"));
}

TEST_CASE("the suggestions as text are as they were accepted") {
    check_golden("suggestions.txt",
                 render::suggestions_text(sample::profile(), sample::suggestions(), text_options(false)));
    check_golden("suggestions_explained.txt",
                 render::suggestions_text(sample::profile(), sample::suggestions(), text_options(true)));
}

TEST_CASE("the profile as text is as it was accepted") {
    check_golden("profile.txt", render::profile_text(sample::profile(), text_options(false)));
    auto options = text_options(false);
    options.max_facts = 1;
    options.columns = 60;
    options.colour = render::Colour::on;
    check_golden("profile_short.txt", render::profile_text(sample::profile(), options));
}
