// The test program plays two parts: the tests, and the process that they kill.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/crash/victim.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--victim")
    return semblance::test::PlayVictim(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
