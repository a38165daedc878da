// docs/sqlite.md and traps.md name tests for every trap: each of them exists.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace semblance::test {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::set<std::string> AllTests() {
  std::set<std::string> names;
  static const std::regex definition("TEST(?:_F|_P)?\\((\\w+),\\s*(\\w+)\\)");
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(SEMBLANCE_SOURCE_DIR "/tests")) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() == ".test") names.insert(file);
    if (entry.path().extension() != ".cc") continue;
    const std::string text = Read(entry.path());
    for (std::sregex_iterator i(text.begin(), text.end(), definition), end; i != end; ++i)
      names.insert((*i)[1].str() + "." + (*i)[2].str());
  }
  return names;
}

TEST(ListedTests, AreThere) {
  const std::set<std::string> all = AllTests();
  const std::string page = Read(SEMBLANCE_SOURCE_DIR "/docs/sqlite.md");
  // `Suite.Name`, `.Name` of the suite before, `script.test`, at the end of a row.
  static const std::regex row("\\n\\|.*\\| (`[^|]*) \\|");
  static const std::regex name("`(\\w*)\\.(\\w+)`");
  size_t rows = 0;
  for (std::sregex_iterator i(page.begin(), page.end(), row), end; i != end; ++i, ++rows) {
    const std::string cell = (*i)[1];
    std::string suite;
    size_t named = 0;
    for (std::sregex_iterator n(cell.begin(), cell.end(), name); n != end; ++n, ++named) {
      if ((*n)[1].length() > 0) suite = (*n)[1];
      const std::string test = suite + "." + (*n)[2].str();
      EXPECT_TRUE(all.contains(test)) << test;
    }
    EXPECT_GT(named, 0u) << cell;
  }
  EXPECT_GE(rows, 26u);
}

TEST(ListedTests, HoldEachOfTheTwentySixTraps) {
  const std::set<std::string> all = AllTests();
  const std::string list = Read(SEMBLANCE_SOURCE_DIR "/tests/sql/traps.md");
  static const std::regex trap("\n([0-9]+)\\. ([^\n]*)");
  static const std::regex name("`(\\w+\\.\\w+)`");
  int traps = 0;
  for (std::sregex_iterator i(list.begin(), list.end(), trap), end; i != end; ++i) {
    EXPECT_EQ((*i)[1], std::to_string(++traps));
    const std::string line = (*i)[2];
    size_t tests = 0;
    for (std::sregex_iterator n(line.begin(), line.end(), name); n != end; ++n, ++tests)
      EXPECT_TRUE(all.contains((*n)[1])) << "trap " << traps << ": " << (*n)[1];
    EXPECT_GT(tests, 0u) << "trap " << traps << " has no test";
  }
  EXPECT_EQ(traps, 26);
}

}  // namespace
}  // namespace semblance::test
