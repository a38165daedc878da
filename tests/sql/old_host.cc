#define SQLITE_CORE 1  // sqlite3ext.h then leaves the names of SQLite's functions alone
#include "tests/sql/old_host.h"

#include <dlfcn.h>
#include <sqlite3ext.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace semblance::test {
namespace {

using EntryPoint = int (*)(sqlite3*, char**, const sqlite3_api_routines*);

const sqlite3_api_routines* true_routines = nullptr;

int Keep(sqlite3*, char**, const sqlite3_api_routines* routines) {
  true_routines = routines;
  return SQLITE_OK;
}

// SQLite shows its functions to extensions only; this is one that does nothing else.
void FindTrueRoutines() {
  const auto keep = reinterpret_cast<void (*)()>(&Keep);
  sqlite3_auto_extension(keep);
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  sqlite3_close(db);
  sqlite3_cancel_auto_extension(keep);
  if (true_routines == nullptr) throw std::runtime_error("SQLite shows no functions");
}

const sqlite3_api_routines* OldRoutines() {
  static const sqlite3_api_routines old = [] {
    sqlite3_api_routines routines = *true_routines;
    constexpr size_t kFirstNewer = offsetof(sqlite3_api_routines, error_offset);  // 3.38
    std::memset(reinterpret_cast<char*>(&routines) + kFirstNewer, 0,
                sizeof(routines) - kFirstNewer);
    routines.libversion_number = [] { return 3037002; };
    return routines;
  }();
  return &old;
}

}  // namespace

OldHost::OldHost(const std::string& extension) {
  library_ = dlopen(extension.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (library_ == nullptr) throw std::runtime_error(extension + " is not loaded");
  FindTrueRoutines();
  Introduce(true);
}

OldHost::~OldHost() {
  Introduce(false);
  dlclose(library_);
}

// Whatever calls the entry point says which functions there are, for every connection.
void OldHost::Introduce(bool old) const {
  const auto entry = reinterpret_cast<EntryPoint>(dlsym(library_, "sqlite3_semblance_init"));
  sqlite3* db = nullptr;
  char* message = nullptr;
  sqlite3_open(":memory:", &db);
  entry(db, &message, old ? OldRoutines() : true_routines);
  sqlite3_free(message);
  sqlite3_close(db);
}

}  // namespace semblance::test
