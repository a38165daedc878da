// Models for the tests: the golden ones of data/, and random ones of any shape.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/encoder.h"
#include "engine/encoder/model_package.h"
#include "engine/encoder/safetensors.h"

namespace semblance::encoder {

std::string ReadTestFile(const std::string& name);  // of data/

// A config.json of a small network; tests change what they are about.
BertConfig SmallConfig(int64_t layers, int64_t hidden, int64_t heads);

struct OwnedTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
using OwnedTensors = std::map<std::string, OwnedTensor>;

// Every tensor of a BERT of that shape, pooler included, with random values.
OwnedTensors RandomTensors(const BertConfig& config, uint64_t seed);
std::string Write(const OwnedTensors& tensors, DType dtype);
OwnedTensors ReadAll(std::string_view safetensors);

// With the tokenizer of data/tokenizer.
ModelPackage MakePackage(const std::string& config_json, const std::string& safetensors);
ModelPackage RandomPackage(const BertConfig& config, uint64_t seed = 1, DType dtype = DType::kF32);
std::string WithPooler(const std::string& config_json, Pooler pooler);

std::vector<std::vector<int32_t>> RandomIds(const std::vector<size_t>& lengths, int64_t vocabulary,
                                            uint64_t seed = 1);

// The largest difference of two elements.
float LargestDifference(const std::vector<float>& a, const std::vector<float>& b);

// The kind of encoder::Error that `call` throws; nullopt when it throws nothing. Other exceptions
// pass through.
template <typename Call>
std::optional<ErrorKind> KindOf(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

// A folder of its own, gone at the end of the test.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace semblance::encoder
