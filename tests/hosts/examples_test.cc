// Every example of tools/examples is run in its host and prints what its page says.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/hosts/installation.h"

namespace semblance::hosts {
namespace {

using ::testing::HasSubstr;

class ExampleTest : public HostTest {};

TEST_F(ExampleTest, TheSqlite3Shell) {
  EXPECT_EQ(Shell(SEMBLANCE_EXTENSION, ReadFile(Source("tools/examples/shell/notes.sql"))),
            PromisedOutput("hosts/shell.md"));
}

TEST_F(ExampleTest, Python) {
  EXPECT_EQ(
      Printed({SEMBLANCE_PYTHON, Source("tools/examples/python/notes.py"), SEMBLANCE_EXTENSION}),
      PromisedOutput("hosts/python.md"));
}

// As with the Debian package, where the loader finds the extension by its name.
TEST_F(ExampleTest, TheReadmesLines) {
  const std::string readme = ReadFile(Source("README.md"));
  const size_t section = readme.find("## In one line");
  const auto block = [&](const std::string& fence) {
    const std::string begin = "\n\n" + fence + "\n";
    const size_t first = readme.find(begin, section) + begin.size();
    return readme.substr(first, readme.find("\n```", first) + 1 - first);
  };
  const std::string build = SEMBLANCE_BINARY_DIR;
  EXPECT_EQ(Printed({"bash", "-ec", "cd '" + folder_.Path("") + "'\n" + block("```sh")}, "",
                    {{"LD_LIBRARY_PATH", build + "/lib"}, {"PATH", build + "/bin:/usr/bin:/bin"}}),
            block("```"));
}

// The table of docs/peers.md, without the peers.
TEST_F(ExampleTest, SemblanceGivesTheExactAnswersThatPeersAreHeldAgainst) {
  const std::string table = Printed(
      {SEMBLANCE_PYTHON, Source("tools/bench/peer-answers"), "--extension", SEMBLANCE_EXTENSION});
  EXPECT_THAT(table, HasSubstr("| wrong, of 20 | | 0 |\n| refused | | 0 |\n"));
  const std::string page = ReadFile(Source("docs/peers.md"));
  std::istringstream lines(table);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0 || line.rfind("| refused", 0) == 0) continue;
    EXPECT_THAT(page, HasSubstr(line.substr(0, line.size() - 2))) << "run it again for the page";
    ++found;
  }
  EXPECT_EQ(found, 22);
}

// The document that is found by either is the first by both; the other query has none that counts.
TEST_F(ExampleTest, FindingDocumentsIsScoredByWordsByMeaningAndByBoth) {
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder_.Path(name)) << text;
  };
  write("docs.tsv", "1\tA violin concerto\t\n2\tThe price of gold fell\t\n3\tDogs in the snow\t\n");
  write("queries.tsv", "a\tviolin concerto\nb\tnobody judged this\nc\tgold price\n");
  write("qrels.tsv", "a\t1\t1\nb\t3\t0\nc\t2\t2\n");
  const std::string table =
      Printed({"bash", "-c",
               SEMBLANCE_PYTHON " '" + Source("tools/bench/retrieval") + "' --extension '" +
                   SEMBLANCE_EXTENSION + "' '" + folder_.Path("") + "' || echo as few as that"});
  EXPECT_THAT(table, HasSubstr("         3        2   1.0000   1.0000   1.0000  NOT MET\n"));
  EXPECT_THAT(table, HasSubstr("as few as that"));
}

}  // namespace
}  // namespace semblance::hosts
