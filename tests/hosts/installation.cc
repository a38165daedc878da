#include "tests/hosts/installation.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace semblance::hosts {

std::string HostTest::Printed(const std::vector<std::string>& arguments, const std::string& input,
                              const std::vector<std::pair<std::string, std::string>>& environment) {
  const Outcome outcome = RunProgram(arguments, input, environment);
  EXPECT_EQ(outcome.code, 0) << arguments[0] << " " << (arguments.size() > 1 ? arguments[1] : "")
                             << "\n"
                             << outcome.out << outcome.err;
  return outcome.out;
}

std::string HostTest::Install() {
  Printed({SEMBLANCE_CMAKE, "--install", SEMBLANCE_BINARY_DIR, "--prefix", prefix_});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(prefix_)) {
    if (entry.path().filename() == "semblance.so") return entry.path().string();
  }
  ADD_FAILURE() << "no semblance.so in " << prefix_;
  return "";
}

std::string HostTest::InstallNpmPackage() {
  const std::string modules = folder_.Path("node_modules");
  std::filesystem::create_directories(modules);
  Printed({SEMBLANCE_NPM, "pack", "--offline", "--pack-destination", folder_.Path(""),
           std::string(SEMBLANCE_BINARY_DIR) + "/packaging/npm"});
  for (const auto& entry : std::filesystem::directory_iterator(folder_.Path(""))) {
    if (entry.path().extension() != ".tgz") continue;
    Printed({"tar", "-xzf", entry.path().string(), "-C", folder_.Path("")});
    std::filesystem::rename(folder_.Path("package"), modules + "/semblance");
    return modules;
  }
  ADD_FAILURE() << "npm pack made no archive";
  return "";
}

std::string HostTest::Shell(const std::string& extension, const std::string& sql) {
  const Outcome outcome = RunProgram({SEMBLANCE_SHELL, "-cmd", ".load '" + extension + "'"}, sql);
  return outcome.out + outcome.err;
}

std::string Source(const std::string& path) {
  return std::string(SEMBLANCE_SOURCE_DIR) + "/" + path;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::string PromisedOutput(const std::string& page) {
  const std::string text = ReadFile(Source("docs/" + page));
  const size_t words = text.find("\nIt prints");
  const size_t open = text.find("\n```\n", words);
  const size_t close = text.find("\n```\n", open + 1);
  if (words == std::string::npos || close == std::string::npos) return "no output in " + page;
  return text.substr(open + 5, close + 1 - (open + 5));
}

}  // namespace semblance::hosts
