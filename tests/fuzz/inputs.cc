#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {

std::string DataFile(const std::string& name) {
  std::ifstream file(std::string(SEMBLANCE_SOURCE_DIR) + "/tests/encoder/data/" + name,
                     std::ios::binary);
  Expect(file.is_open(), name.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

void Expect(bool promise, const char* what) {
  if (promise) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace semblance::fuzz
