// What a user has after an installation, in a folder that is gone when the test is.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/tools/run_program.h"
#include "tests/tools/temp_folder.h"

namespace semblance::hosts {

using cli::Outcome;
using cli::RunProgram;
using cli::TempFolder;

class HostTest : public ::testing::Test {
 protected:
  // `cmake --install` into the test's folder; gives the extension's path. A failure is the test's.
  std::string Install();
  // Packs the npm package offline and unpacks it; gives the node_modules folder that it is in.
  std::string InstallNpmPackage();
  // What the sqlite3 shell prints for `sql` with an extension loaded; its error output after it.
  std::string Shell(const std::string& extension, const std::string& sql);
  // Expects exit code 0 and gives what the program printed.
  std::string Printed(const std::vector<std::string>& arguments, const std::string& input = "",
                      const std::vector<std::pair<std::string, std::string>>& environment = {});

  TempFolder folder_;
  const std::string prefix_ = folder_.Path("prefix");
};

std::string Source(const std::string& path);  // a path of the repository
std::string ReadFile(const std::string& path);
// The plain ``` block that follows the words "It prints" in a page of docs/.
std::string PromisedOutput(const std::string& page);

}  // namespace semblance::hosts
