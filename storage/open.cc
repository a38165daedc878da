// What is in a folder before RocksDB is let into it: RocksDB would create a database over the
// remains of another, and delete the tables that its new manifest does not know.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "storage/database_internal.h"
#include "storage/rocks_options_internal.h"

namespace semblance::storage {
namespace {

namespace fs = std::filesystem;

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// Left behind by a creation that was cut short before CURRENT was written.
bool IsFromCreation(std::string_view name) {
  return name == "LOCK" || name == "IDENTITY" || name == "TURNS" || StartsWith(name, "MANIFEST-") ||
         StartsWith(name, "OPTIONS-") || StartsWith(name, "LOG") || name.ends_with(".dbtmp");
}

void CheckNothingIsLost(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".sst") || name.ends_with(".log") || name.ends_with(".blob")) {
      throw Error(ErrorKind::kCorruption,
                  folder + ": the file CURRENT is gone, but " + name + " is still there");
    }
    if (!IsFromCreation(name)) {
      throw Error(ErrorKind::kWrongVersion, folder + " is no Semblance store: it holds " + name);
    }
  }
  if (error) throw Error(ErrorKind::kIo, folder + ": cannot list: " + error.message());
}

void CheckFamilies(const std::string& folder, const OpenOptions& options, rocksdb::Env* env) {
  std::vector<std::string> names;
  const rocksdb::Status status =
      rocksdb::DB::ListColumnFamilies(MakeDbOptions(env), folder, &names);
  if (status.IsPathNotFound()) {
    throw Error(ErrorKind::kCorruption,
                folder + ": cannot open: the manifest is gone: " + status.ToString());
  }
  if (!status.ok()) Throw(status, folder, "cannot open");
  for (const std::string& name : names) {
    if (name == rocksdb::kDefaultColumnFamilyName) continue;
    if (std::find(options.families.begin(), options.families.end(), name) ==
        options.families.end()) {
      throw Error(
          ErrorKind::kWrongVersion,
          folder + " has a family '" + name +
              "' that this program does not know: a newer program, or another one, wrote it");
    }
  }
}

std::string StateOfFiles(const std::string& folder, bool logs_too) {
  std::error_code error;
  std::set<std::string> files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool log = name.ends_with(".log");
    if (!log && !StartsWith(name, "MANIFEST-")) continue;
    struct stat file;
    if ((log && !logs_too) || stat(it->path().c_str(), &file) != 0) continue;
    // Where an earlier state was put back, files may have the names and sizes that they had.
    files.insert(name + " " + std::to_string(file.st_size) + " " + std::to_string(file.st_ino) +
                 " " + std::to_string(file.st_ctim.tv_sec) + "." +
                 std::to_string(file.st_ctim.tv_nsec));
  }
  std::string state;
  for (const std::string& file : files) state += file + "\n";
  return state;
}

}  // namespace

std::string ManifestState(const std::string& folder) { return StateOfFiles(folder, false); }
std::string FolderState(const std::string& folder) { return StateOfFiles(folder, true); }

// By the folder, and a file in it that is written once: numbers of files are given again when they
// are free, times at which they were changed are not.
std::string FolderOrigin(const std::string& folder) {
  struct stat of_folder, of_file;
  if (stat(folder.c_str(), &of_folder) != 0) return "";
  if (stat((folder + "/IDENTITY").c_str(), &of_file) != 0) return "";
  std::string origin;
  for (const auto number :
       {static_cast<uint64_t>(of_folder.st_dev), static_cast<uint64_t>(of_folder.st_ino),
        static_cast<uint64_t>(of_file.st_ino), static_cast<uint64_t>(of_file.st_ctim.tv_sec),
        static_cast<uint64_t>(of_file.st_ctim.tv_nsec)}) {
    origin += std::to_string(number) + " ";
  }
  return origin;
}

bool InspectFolder(const std::string& folder, const OpenOptions& options, rocksdb::Env* env) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::none) {
    throw Error(ErrorKind::kIo, folder + ": " + error.message());
  }
  const bool exists = fs::exists(status);
  if (exists && !fs::is_directory(status)) {
    throw Error(ErrorKind::kWrongVersion, folder + " is a file, not the folder of a store");
  }
  const bool has_current = exists && fs::exists(fs::path(folder) / "CURRENT", error);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Error(ErrorKind::kIo, folder + ": " + error.message());
  }
  if (has_current) {
    CheckFamilies(folder, options, env);
    return true;
  }
  if (exists) CheckNothingIsLost(folder);
  if (!options.create_if_missing) {
    throw Error(ErrorKind::kMissing, "there is no store in " + folder);
  }
  if (!exists && !fs::create_directory(folder, error) && error) {
    throw Error(ErrorKind::kIo, folder + ": cannot create: " + error.message());
  }
  return false;
}

}  // namespace semblance::storage
