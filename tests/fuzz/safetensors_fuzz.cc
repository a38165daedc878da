// model.safetensors. What is read can be written, and read again.
#include <map>

#include "engine/encoder/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {

using namespace encoder;

std::vector<std::string> Seeds() {
  const std::vector<float> values = {1.5f, -2.0f, 0.0f, 3.25f, 1e-3f, 7.0f};
  std::vector<std::string> seeds;
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    seeds.push_back(WriteSafeTensors(
        {{"a", {{2, 3}, values}}, {"b.c", {{}, std::span(values).first(1)}}, {"d", {{0, 4}, {}}}},
        dtype));
  }
  std::string header = R"({"__metadata__":{"format":"pt"},"ids":{"dtype":"I64","shape":[1,2],)"
                       R"("data_offsets":[0,16]},"w":{"dtype":"F32","shape":[1],)"
                       R"("data_offsets":[16,20]}}  )";
  seeds.push_back(std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header +
                  std::string(20, '\0'));
  return seeds;
}

}  // namespace semblance::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace semblance;
  using namespace semblance::encoder;
  try {
    const SafeTensors read = SafeTensors::Parse({reinterpret_cast<const char*>(data), size});
    std::map<std::string, std::vector<float>> floats;
    std::map<std::string, TensorValues> values;
    for (const auto& [name, view] : read.tensors()) {
      floats[name] = view.ToFloats();
      values[name] = {view.shape, floats[name]};
    }
    const std::string written = WriteSafeTensors(values, DType::kF32);
    const SafeTensors again = SafeTensors::Parse(written);
    fuzz::Expect(again.tensors().size() == read.tensors().size(), "a tensor got lost");
    for (const auto& [name, view] : again.tensors()) {
      fuzz::Expect(view.shape == values.at(name).shape, "a shape changed");
      fuzz::Expect(view.ToFloats() == floats.at(name), "values changed");
    }
  } catch (const Error&) {
    // Refused, which is what most bytes deserve.
  }
  return 0;
}
