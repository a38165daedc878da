#include "engine/encoder/folder_files.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace semblance::encoder {

namespace fs = std::filesystem;

bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 128 && name[0] != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789._-") == std::string::npos;
}

bool IsFile(const std::string& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code code;
  const uintmax_t size = fs::file_size(path, code);
  std::string bytes;
  if (file && !code) {
    bytes.resize(size);
    file.read(bytes.data(), static_cast<std::streamsize>(size));
  }
  if (!file || code) throw Error(ErrorKind::kMissing, "cannot read " + path);
  return bytes;
}

void MakeFolder(const std::string& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) {
    throw Error(ErrorKind::kInvalid, "cannot make the folder " + path + ": " + code.message());
  }
}

void WriteWholeFile(const std::string& path, std::string_view bytes) {
  MakeFolder(fs::path(path).parent_path().string());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Error(ErrorKind::kInvalid, "cannot write " + path);
}

}  // namespace semblance::encoder
