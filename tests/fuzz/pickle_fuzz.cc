// A pickle without a container around it, one after the other until the bytes end.
#include "engine/encoder/pickle.h"
#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {

std::vector<std::string> Seeds() {
  using std::string_literals::operator""s;
  return {DataFile("torch/views_and_dtypes_legacy.bin"),
          // {"w": 5, "v": [1, -1, 0x1234, True, False, None]}
          "\x80\x02}q\x00(X\x01\x00\x00\x00wq\x01K\x05X\x01\x00\x00\x00vq\x02]q\x03(K\x01"
          "J\xff\xff\xff\xffM\x34\x12\x88\x89Neu."s,
          "\x80\x02"
          "ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00kK\x01s."s,
          "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s};
}

}  // namespace semblance::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace semblance;
  using namespace semblance::encoder;
  static const std::string kAllowed[] = {"collections.OrderedDict",
                                         "torch._utils._rebuild_tensor_v2", "torch.FloatStorage",
                                         "torch.LongStorage"};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  try {
    while (!rest.empty()) {
      const size_t before = rest.size();
      const Pickle pickle = Pickle::Read(&rest, kAllowed);
      fuzz::Expect(rest.size() < before, "a pickle of no bytes");
      fuzz::Expect(pickle.nodes().size() <= Pickle::kMostNodes, "more nodes than are allowed");
    }
  } catch (const Error&) {
    // Refused.
  }
  return 0;
}
