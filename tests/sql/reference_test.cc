// docs/reference is held against what the extension does: every example of every page is run, and
// there is a page for every function, table, option and error.
//
// SEMBLANCE_WRITE_REFERENCE=1 in the environment writes what the examples print into the pages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/sql/reference_page.h"
#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = SEMBLANCE_SOURCE_DIR;
const fs::path kReference = kSource / "docs" / "reference";

std::string Read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> Pages() {
  std::vector<fs::path> pages;
  for (const auto& entry : fs::recursive_directory_iterator(kReference))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::string NameOf(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.lexically_relative(kReference).replace_extension().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

// Whether examples of a page call what libsemblance_torch.so does.
bool NeedsTraining(const std::string& page) {
  const char* const calls[] = {"semblance_train('", "semblance_train(\n", "semblance_export_corpus('"};
  return std::any_of(std::begin(calls), std::end(calls), [&](const char* call) {
    return page.find(call) != std::string::npos;
  });
}

class ReferencePage : public testing::TestWithParam<fs::path> {};

TEST_P(ReferencePage, ShowsWhatItsExamplesPrint) {
  const std::string page = Read(GetParam());
  const auto examples = ParseReferencePage(page);
  if (!SEMBLANCE_TRAINING_BUILT && NeedsTraining(page)) {
    GTEST_SKIP() << "it trains, and this build does not";
  }
  const TempFolder folder;
  fs::create_directory(folder.File("empty"));
  const auto outputs = RunReferenceExamples(examples, folder.File("empty"));
  if (std::getenv("SEMBLANCE_WRITE_REFERENCE") != nullptr) {
    std::ofstream(GetParam()) << WithOutputs(page, examples, outputs);
    return;
  }
  for (size_t i = 0; i < examples.size(); ++i) {
    EXPECT_EQ(outputs[i], examples[i].output)
        << GetParam().lexically_relative(kSource).string() << ":" << examples[i].line;
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, ReferencePage, testing::ValuesIn(Pages()), NameOf);

// Names that the extension adds to a list of SQLite's.
std::set<std::string> Added(const std::string& list) {
  const std::string query = "SELECT DISTINCT name FROM " + list;
  TestConnection with(":memory:");
  const auto all = with.Rows(query);
  sqlite3* plain = nullptr;
  sqlite3_open(":memory:", &plain);
  std::set<std::string> added(all.begin(), all.end());
  sqlite3_exec(
      plain, query.c_str(),
      [](void* names, int, char** row, char**) {
        static_cast<std::set<std::string>*>(names)->erase(row[0]);
        return 0;
      },
      &added, nullptr);
  sqlite3_close(plain);
  return added;
}

// Those of `names` that have no page with an example in a folder of the reference, and the pages
// there that are of no such name.
std::set<std::string> Difference(const std::set<std::string>& names, const std::string& folder) {
  std::set<std::string> difference = names;
  for (const auto& entry : fs::directory_iterator(kReference / folder)) {
    const std::string name = entry.path().stem().string();
    if (names.count(name) == 0) {
      difference.insert("no " + name);
    } else if (!ParseReferencePage(Read(entry.path())).empty()) {
      difference.erase(name);
    }
  }
  return difference;
}

TEST(Reference, HasAPageForEveryFunction) {
  const auto functions = Added("pragma_function_list");
  EXPECT_GT(functions.size(), 20u);
  EXPECT_THAT(Difference(functions, "functions"), testing::IsEmpty());
}

TEST(Reference, HasAPageForEveryTable) {
  const auto modules = Added("pragma_module_list");
  EXPECT_GT(modules.size(), 6u);
  EXPECT_THAT(Difference(modules, "tables"), testing::IsEmpty());
}

TEST(Reference, HasAPageForEveryOptionOfATable) {
  TestConnection connection(":memory:");
  const std::string list =
      connection.ErrorOf("CREATE VIRTUAL TABLE t USING semblance(v FLOAT[2], absent=1)");
  const std::string before = "the options are ";
  ASSERT_NE(list.find(before), std::string::npos) << list;
  std::istringstream names(list.substr(list.find(before) + before.size()));
  std::set<std::string> options;
  for (std::string name; std::getline(names, name, ',');)
    options.insert(name.substr(name.find_first_not_of(' ')));
  EXPECT_GT(options.size(), 10u);
  EXPECT_THAT(Difference(options, "options"), testing::IsEmpty());
}

TEST(Reference, HasAPageForEveryErrorAndEveryErrorIsInThePages) {
  std::set<std::string> errors;
  for (const fs::path& path :
       {kSource / "sql_ext" / "guard.cc", kSource / "sql_ext" / "shadow_tables.cc",
        kSource / "sql_ext" / "entry" / "extension.cc"}) {
    const std::string text = Read(path);
    for (size_t at = 0; (at = text.find("\"E_", at)) != std::string::npos; ++at)
      errors.insert(text.substr(at + 1, text.find('"', at + 1) - at - 1));
  }
  EXPECT_GT(errors.size(), 15u);
  std::set<std::string> pages;
  for (const auto& entry : fs::directory_iterator(kReference / "errors"))
    pages.insert(entry.path().stem().string());
  EXPECT_EQ(pages, errors);
}

}  // namespace
}  // namespace semblance::test
