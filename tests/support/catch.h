// Debian 12 ships Catch2 v2 and Debian 13 v3: this hides the difference.
#ifndef SANDFIT_TESTS_SUPPORT_CATCH_H
#define SANDFIT_TESTS_SUPPORT_CATCH_H

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif
