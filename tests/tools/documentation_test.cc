// What README.md and docs/ say is held against what the program does.

#include <fstream>
#include <sstream>
#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(std::string(SEMBLANCE_SOURCE_DIR) + "/" + path).rdbuf();
  return text.str();
}

// What stands between the fences of the first block that begins with `fence` at or after `*from`,
// which is moved behind it.
std::string Block(const std::string& text, const std::string& fence, size_t* from) {
  const size_t begin = text.find("\n" + fence + "\n", *from);
  if (begin == std::string::npos) return "there is no such block";
  const size_t first = begin + fence.size() + 2;
  const size_t end = text.find("\n```\n", first);
  *from = end + 1;
  return text.substr(first, end + 1 - first);
}

class DocumentationTest : public CliTest {};

TEST_F(DocumentationTest, TheReadmesExampleGivesTheOutputBelowIt) {
  const std::string readme = Read("README.md");
  size_t from = 0;
  const std::string sql = Block(readme, "```sql", &from);
  const std::string output = Block(readme, "```", &from);
  const Outcome outcome = Semblance({"shell"}, sql);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, output);
}

}  // namespace
}  // namespace semblance::cli
