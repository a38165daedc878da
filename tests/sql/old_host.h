// The extension as SQLite 3.37 loads it: without the functions that came later.
#pragma once

#include <sqlite3.h>

#include <string>

namespace semblance::test {

// While it lives, the extension file, loaded before, believes in such a host.
class OldHost {
 public:
  explicit OldHost(const std::string& extension);
  ~OldHost();
  OldHost(const OldHost&) = delete;
  OldHost& operator=(const OldHost&) = delete;

 private:
  void Introduce(bool old) const;

  void* library_ = nullptr;
};

}  // namespace semblance::test
