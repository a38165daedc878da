// pytorch_model.bin: the zip container, the pickle in it, and the tensors it speaks of.
#include "engine/encoder/torch_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const char* name : {"torch/nested_state_dict.bin", "torch/views_and_dtypes.bin",
                           "torch/views_and_dtypes_legacy.bin"}) {
    seeds.push_back(DataFile(name));
  }
  return seeds;
}

}  // namespace semblance::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace semblance::encoder;
  try {
    const TorchFile file = TorchFile::Parse({reinterpret_cast<const char*>(data), size});
    for (const auto& [name, tensor] : file.tensors()) {
      try {
        tensor.ToFloats();
        tensor.NearestType();
      } catch (const Error&) {
        // One that is not finite leaves the others to be looked at.
      }
    }
  } catch (const Error&) {
    // Refused.
  }
  return 0;
}
