#include "tests/encoder/shared_data.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace semblance::encoder {
namespace {

std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char bytes[65536];
  while (const size_t count = fread(bytes, 1, sizeof(bytes), pipe)) output.append(bytes, count);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

}  // namespace

std::string SharedFolder() { return std::string(SEMBLANCE_SOURCE_DIR) + "/../shared"; }

bool HasShared(const std::string& name) {
  return std::filesystem::exists(SharedFolder() + "/" + name);
}

std::string ReadShared(const std::string& name) {
  const std::string path = SharedFolder() + "/" + name;
  if (path.ends_with(".xz")) return OutputOf("xz -dc '" + path + "'");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no file " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> SharedFileWithHash(const std::string& folder,
                                              const std::string& sha256) {
  if (!HasShared(folder)) return std::nullopt;
  std::istringstream lines(OutputOf("sha256sum '" + SharedFolder() + "/" + folder + "'/*"));
  std::string hash, path;
  while (lines >> hash >> std::ws && std::getline(lines, path)) {
    if (hash == sha256) return folder + "/" + std::filesystem::path(path).filename().string();
  }
  return std::nullopt;
}

std::map<std::string, std::string> GoldenModelFiles(const std::string& name) {
  std::map<std::string, std::string> files;
  for (const char* file :
       {"config.json", "vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model",
        "spiece.model", "tokenizer_config.json", "special_tokens_map.json"}) {
    const std::string path = "golden/models/" + name + "/" + file;
    if (HasShared(path)) files[file] = ReadShared(path);
  }
  return files;
}

}  // namespace semblance::encoder
