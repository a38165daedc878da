// A folder of its own for each test, gone with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "storage/store.h"

namespace semblance::storage {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = ::testing::TempDir() + "semblance-storage-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder " << pattern;
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline constexpr Family kA = 0;
inline constexpr Family kB = 1;

inline OpenOptions TwoFamilies() {
  OpenOptions options;
  options.families = {"a", "b"};
  return options;
}

inline void PutNow(Store* store, Family family, const std::string& key, const std::string& value,
                   bool sync = false) {
  const auto transaction = store->Begin();
  transaction->Put(family, key, value);
  transaction->Commit(sync);
}

// The kind of the storage::Error that `call` throws.
template <typename Call>
ErrorKind KindThrownBy(Call call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return static_cast<ErrorKind>(-1);
}

}  // namespace semblance::storage
