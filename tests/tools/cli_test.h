// The semblance program, run as people run it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/tools/run_program.h"
#include "tests/tools/shell_environment.h"
#include "tests/tools/temp_folder.h"

namespace semblance::cli {

class CliTest : public ::testing::Test {
 protected:
  Outcome Semblance(std::vector<std::string> arguments, const std::string& input = "") {
    std::vector<std::pair<std::string, std::string>> environment;
    if (!arguments.empty() && arguments[0] == "shell") environment = ShellEnvironment();
    arguments.insert(arguments.begin(), SEMBLANCE_CLI);
    return RunProgram(arguments, input, environment);
  }
  // What a statement answers, as the sqlite3 shell prints it.
  std::string Sql(const std::string& sql) {
    const Outcome outcome = Semblance({"shell", database_, sql});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }

  TempFolder folder_;
  const std::string database_ = folder_.Path("test.db");
};

}  // namespace semblance::cli
