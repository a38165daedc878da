// What README.md and docs/ say is held against what the program does.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;

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

class DocumentationTest : public CliTest {
 protected:
  // Names that the extension adds to a list of SQLite's, one a line.
  std::vector<std::string> Added(const std::string& list) {
    const std::string query = "SELECT DISTINCT name FROM " + list + " ORDER BY name";
    const Outcome plain = RunProgram({SEMBLANCE_SHELL, ":memory:", query});
    const std::string before = "\n" + plain.out;
    std::vector<std::string> added;
    std::istringstream with(Sql(query));
    for (std::string name; std::getline(with, name);) {
      if (before.find("\n" + name + "\n") == std::string::npos) added.push_back(name);
    }
    return added;
  }
};

TEST_F(DocumentationTest, TheReadmesExampleGivesTheOutputBelowIt) {
  const std::string readme = Read("README.md");
  size_t from = 0;
  const std::string sql = Block(readme, "```sql", &from);
  const std::string output = Block(readme, "```", &from);
  const Outcome outcome = Semblance({"shell"}, sql);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, output);
}

TEST_F(DocumentationTest, EveryFunctionIsInTheReference) {
  const std::string reference = Read("docs/sql.md");
  const auto functions = Added("pragma_function_list");
  EXPECT_GT(functions.size(), 15u);
  for (const std::string& function : functions)
    EXPECT_THAT(reference, HasSubstr("`" + function + "("));
}

TEST_F(DocumentationTest, EveryTableIsInTheReference) {
  const std::string reference = Read("docs/sql.md");
  const auto modules = Added("pragma_module_list");
  EXPECT_GT(modules.size(), 3u);
  for (const std::string& module : modules) EXPECT_THAT(reference, HasSubstr(module));
}

// Of the sections "By example, and diverse" and "Functions over a table", which use one table.
TEST_F(DocumentationTest, TheExamplesOfTheReferenceGiveTheOutputBelowThem) {
  const std::string reference = Read("docs/sql.md");
  std::string sql, output;
  for (const char* section : {"\nThe example that goes through", "\n## Functions over a table"}) {
    size_t from = reference.find(section);
    ASSERT_NE(from, std::string::npos);
    for (int examples = 0; examples < 3; ++examples) {
      sql += Block(reference, "```sql", &from);
      output += Block(reference, "```", &from);
    }
  }
  const Outcome outcome = Semblance({"shell"}, sql);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, output);
}

TEST_F(DocumentationTest, TheCreateStatementOfTheReferenceWorks) {
  size_t from = Read("docs/sql.md").find("\n## The table");
  const std::string sql = Block(Read("docs/sql.md"), "```sql", &from);
  const Outcome outcome = Semblance({"shell"}, sql + "SELECT count(*) FROM notes;\n");
  EXPECT_EQ(outcome.out, "0\n") << outcome.err;
}

}  // namespace
}  // namespace semblance::cli
