// What a target of tests/fuzz/ is: a function that reads any bytes and must return, and inputs to
// begin with. driver.cc runs it on changed inputs; built with clang's -fsanitize=fuzzer, libFuzzer
// does (README.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Returns 0. A crash, a sanitizer's report, an exception or an abort is a bug in what it calls.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace semblance::fuzz {

std::vector<std::string> Seeds();

// A file of tests/encoder/data.
std::string DataFile(const std::string& name);

// Ends the process: what the target calls has broken a promise.
void Expect(bool promise, const char* what);

}  // namespace semblance::fuzz
