#include "tests/house/rules.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>

namespace semblance::house {
namespace {

using Paths = std::vector<std::string_view>;

// Which rooms a room may include. The first entry whose folder a file lies in counts.
struct Room {
  std::string_view folder;
  Paths may_include;
};
const std::vector<Room>& Rooms() {
  static const std::vector<Room> rooms = {
      {"storage/", {"storage/"}},
      {"index/", {"index/"}},
      {"engine/encoder/", {"engine/encoder/"}},
      {"engine/training/", {"engine/training/", "engine/encoder/"}},
      {"engine/", {"engine/", "index/", "storage/"}},
      {"sql_ext/", {"sql_ext/", "engine/", "index/", "storage/"}},
      {"tools/default_model/", {"tools/", "engine/encoder/", "engine/training/"}},
      {"tools/trainer/", {"tools/", "engine/encoder/", "engine/training/"}},  // without a database
      {"tools/bench/encoder/", {"tools/", "engine/encoder/"}},
      {"tools/bench/", {"tools/", "index/"}},  // ours without SQL, to tell what SQL costs
      {"tools/", {"tools/"}},                  // they reach Semblance through SQL
      {"tests/", {""}},
  };
  return rooms;
}

// Where the headers of a library may be included.
struct Library {
  Paths headers;
  Paths folders;
};
const std::vector<Library>& Libraries() {
  static const std::vector<Library> libraries = {
      {{"rocksdb/"}, {"storage/", "tests/storage/"}},
      {{"faiss/"}, {"index/", "tests/index/", "tools/bench/"}},
      {{"hnswlib/"}, {"tools/bench/"}},
      {{"dnnl", "oneapi/"}, {"engine/encoder/", "tools/bench/encoder/"}},
      {{"sentencepiece"},
       {"engine/encoder/", "engine/training/", "tests/encoder/", "tests/training/"}},
      {{"utf8proc.h"}, {"engine/encoder/", "tools/default_model/"}},
      {{"torch/", "ATen/", "c10/"}, {"engine/training/", "tests/training/"}},
      {{"sqlite3ext.h"},
       {"sql_ext/sqlite_api.h", "sql_ext/entry/extension.cc", "tests/sql/old_host.cc"}},
      {{"sqlite3.h"}, {"tools/cli/", "tools/bench/", "tools/examples/", "tests/"}},
      {{"CLI/"}, {"tools/"}},
      {{"nlohmann/"}, {"engine/", "sql_ext/", "tools/", "tests/"}},
  };
  return libraries;
}

bool StartsWithAny(std::string_view text, const Paths& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [&](std::string_view start) { return StartsWith(text, start); });
}

bool IsSource(const SourceFile& file) {
  return EndsWith(file.path, ".cc") || EndsWith(file.path, ".h");
}

bool IsInternal(std::string_view path) { return EndsWith(path, "_internal.h"); }

// What other rooms may see of this one. Tests and tools are seen by nobody.
bool IsPublicHeader(std::string_view path) {
  return EndsWith(path, ".h") && !IsInternal(path) && !StartsWith(path, "tests/") &&
         !StartsWith(path, "tools/");
}

const Room* RoomOf(std::string_view path) {
  for (const Room& room : Rooms()) {
    if (StartsWith(path, room.folder)) return &room;
  }
  return nullptr;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

// The header of an #include line, and whether it stands in quotes; empty for other lines.
std::string_view HeaderIn(std::string_view line, bool* quoted) {
  line = Trimmed(line);
  if (!StartsWith(line, "#")) return {};
  line = Trimmed(line.substr(1));
  if (!StartsWith(line, "include")) return {};
  line = Trimmed(line.substr(7));
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return {};
  *quoted = line.front() == '"';
  const size_t end = line.find(*quoted ? '"' : '>', 1);
  return end == std::string_view::npos ? std::string_view() : line.substr(1, end - 1);
}

void EachLine(const std::string& text,
              const std::function<void(size_t, const std::string&)>& work) {
  std::istringstream lines(text);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) work(number, line);
}

// What is wrong with `path` including `header`; empty when nothing is.
std::string WrongWithLibrary(std::string_view path, std::string_view header) {
  for (const Library& library : Libraries()) {
    if (!StartsWithAny(header, library.headers)) continue;
    if (!StartsWithAny(path, library.folders)) return "belongs to another room";
    if (IsPublicHeader(path) && path != "sql_ext/sqlite_api.h") return "in a public header";
  }
  return "";
}

std::string WrongWithOwn(std::string_view path, std::string_view header) {
  const Room* const target = RoomOf(header);
  if (target == nullptr) return "is not written from the root";
  const Room* const room = RoomOf(path);
  if (room == nullptr) return "";
  if (!StartsWithAny(header, room->may_include)) return "goes against the arrows";
  if (!IsInternal(header) || room->folder == "tests/") return "";
  if (room != target) return "is internal to another room";
  return IsPublicHeader(path) ? "is internal, in a public header" : "";
}

}  // namespace

std::vector<std::string> IncludeViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  if (!IsSource(file)) return violations;
  EachLine(file.text, [&](size_t number, const std::string& line) {
    bool quoted = false;
    const std::string_view header = HeaderIn(line, &quoted);
    if (header.empty()) return;
    std::string wrong = WrongWithLibrary(file.path, header);
    if (wrong.empty() && quoted) wrong = WrongWithOwn(file.path, header);
    if (wrong.empty()) return;
    violations.push_back(file.path + ":" + std::to_string(number) + ": " + std::string(header) +
                         " " + wrong);
  });
  return violations;
}

std::vector<std::string> ShapeViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  for (const char* folder : {"common", "utils", "util", "helpers", "misc"}) {
    if (("/" + file.path).find("/" + std::string(folder) + "/") != std::string::npos) {
      violations.push_back(file.path + ": a folder called " + folder);
    }
  }
  if (EndsWith(file.path, ".h") && file.text.find("\n#pragma once\n") == std::string::npos &&
      !StartsWith(file.text, "#pragma once\n")) {
    violations.push_back(file.path + ": no #pragma once");
  }
  return violations;
}

std::vector<std::string> MachinePaths(const SourceFile& file) {
  // Put together here, so that this file does not hold what it looks for.
  const std::string roots[] = {std::string("/") + "work/", std::string("/") + "root/",
                               std::string("/") + "home/", std::string("/tmp/") + "b-"};
  std::vector<std::string> violations;
  EachLine(file.text, [&](size_t number, const std::string& line) {
    for (const std::string& root : roots) {
      if (line.find(root) == std::string::npos) continue;
      violations.push_back(file.path + ":" + std::to_string(number) + ": names " + root);
    }
  });
  return violations;
}

}  // namespace semblance::house
