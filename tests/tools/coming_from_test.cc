// docs/coming-from.md: what it says of the spellings of others is run.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;

class ComingFromTest : public CliTest {
 protected:
  // What stands in the block that begins with `fence`, after a blank line.
  std::string Block(const std::string& fence) const {
    const std::string begin = "\n\n" + fence + "\n";
    const size_t first = page_.find(begin, page_.find("## sqlite-vec's spellings")) + begin.size();
    return page_.substr(first, page_.find("\n```", first) + 1 - first);
  }

  const std::string page_ = [] {
    std::ostringstream text;
    text << std::ifstream(std::string(SEMBLANCE_SOURCE_DIR) + "/docs/coming-from.md").rdbuf();
    return text.str();
  }();
};

TEST_F(ComingFromTest, SpellingsOfSqliteVecWorkAsThePageSays) {
  const std::string sql = Block("```sql");
  for (const char* spelling : {"partition key", "float[4]", "distance_metric=L2", "+url TEXT",
                               "AND k = 2", "LIMIT 2", "vec_distance_cosine", "vec_f32"}) {
    EXPECT_THAT(sql, HasSubstr(spelling));
  }
  const Outcome outcome = Semblance({"shell"}, sql);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, Block("```"));
}

TEST_F(ComingFromTest, WhatThePageSaysIsNotHereIsNot) {
  for (const char* function : {"vec_int8", "vec_bit", "vec_slice", "vec_each", "vec_type",
                               "vec_distance_l1", "vec_distance_hamming"}) {
    EXPECT_THAT(page_, HasSubstr("`" + std::string(function) + "`"));
    EXPECT_EQ(Sql("SELECT count(*) FROM pragma_function_list WHERE name = '" +
                  std::string(function) + "'"),
              "0\n");
  }
}

}  // namespace
}  // namespace semblance::cli
