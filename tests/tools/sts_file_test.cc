#include "tools/cli/sts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/temp_folder.h"
#include "tools/cli/record_reader.h"

namespace semblance::cli {
namespace {

TEST(StsFileTest, FurtherColumnsAreIgnored) {
  const TempFolder folder;
  std::vector<std::string> read;
  ReadStsFile(
      folder.File("sick.tsv", "4.5\tA cat sits.\tA cat is sitting.\tENTAILMENT\n\n0\ta\tb\r\n"),
      [&](const StsPair& pair) {
        read.push_back(std::to_string(pair.score) + pair.a + "/" + pair.b);
      });
  EXPECT_THAT(read, testing::ElementsAre("4.500000A cat sits./A cat is sitting.", "0.000000a/b"));
}

TEST(StsFileTest, ALineThatIsNoPairIsAnErrorWithItsNumber) {
  const TempFolder folder;
  const auto error_of = [&](const std::string& bytes) -> std::string {
    try {
      ReadStsFile(folder.File("bad.tsv", bytes), [](const StsPair&) {});
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of("1\ta\tb\n1\ta\n"), testing::HasSubstr("line 2: expected score"));
  EXPECT_THAT(error_of("good\ta\tb\n"),
              testing::HasSubstr("line 1: the score 'good' is not a number"));
  EXPECT_THAT(error_of("nan\ta\tb\n"), testing::HasSubstr("is not a number"));
}

}  // namespace
}  // namespace semblance::cli
