// The npm package and the examples of Node, with whichever bindings of SQLite are here. Only in the
// build where there is one: tests/CMakeLists.txt looks, and says so where there is none.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/hosts/installation.h"

namespace semblance::hosts {
namespace {

using ::testing::HasSubstr;

class NodeTest : public HostTest {
 protected:
  Outcome Node(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {SEMBLANCE_NODE};
    words.insert(words.end(), arguments.begin(), arguments.end());
    if (modules_.empty()) modules_ = InstallNpmPackage();
    return RunProgram(
        words, "", {{"NODE_PATH", modules_ + ":" SEMBLANCE_NODE_PATH}, {"NODE_NO_WARNINGS", "1"}});
  }
  bool Has(const std::string& binding) {
    return RunProgram({SEMBLANCE_NODE, "-e", "require('" + binding + "')"}, "",
                      {{"NODE_PATH", SEMBLANCE_NODE_PATH}})
               .code == 0;
  }

  std::string modules_;
};

// tools/setup sees to it that one is here; which one depends on the machine's Node.
TEST_F(NodeTest, EveryBindingThatIsHereRunsItsExample) {
  int found = 0;
  for (const auto& [binding, example] :
       std::vector<std::pair<std::string, std::string>>{{"node:sqlite", "node-sqlite"},
                                                        {"better-sqlite3", "better-sqlite3"},
                                                        {"sqlite3", "sqlite3"}}) {
    if (!Has(binding)) continue;
    ++found;
    const Outcome outcome = Node({Source("tools/examples/node/" + example + ".cjs")});
    EXPECT_EQ(outcome.out, PromisedOutput("hosts/node.md")) << binding << ": " << outcome.err;
    EXPECT_EQ(outcome.code, 0);
  }
  EXPECT_GT(found, 0) << "no binding of SQLite for " SEMBLANCE_NODE "; tools/setup installs one";
}

TEST_F(NodeTest, ThePackageSaysWhatIsWrongWithWhatItIsGiven) {
  const Outcome outcome =
      Node({"-p", "try { require('semblance').load({}) } catch (e) { e.message }"});
  EXPECT_THAT(outcome.out, HasSubstr("semblance: load(db) expects a connection"));
}

TEST_F(NodeTest, ThePackageIsAnEsModuleToo) {
  const std::string modules = InstallNpmPackage();
  const std::string program = folder_.File(
      "ask.mjs", "import { getLoadablePath } from 'semblance'; console.log(getLoadablePath());");
  EXPECT_EQ(Printed({SEMBLANCE_NODE, program}), modules + "/semblance/lib/semblance.so\n");
}

}  // namespace
}  // namespace semblance::hosts
