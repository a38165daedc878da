#include "engine/training/dropout.h"

#include "engine/training/random.h"

namespace semblance::training {

DropoutStream::DropoutStream(double rate, uint64_t seed, uint64_t stream)
    : rate_(rate), key_(Mix(Mix(seed) ^ Mix(stream))) {}

void DropoutStream::Fill(float* mask, int64_t size) {
  // One 64-bit number decides for four elements, 16 bits each.
  const uint32_t threshold = static_cast<uint32_t>(rate_ * 65536.0);
  const float kept = static_cast<float>(65536.0 / (65536.0 - threshold));
  const int64_t words = (size + 3) / 4;
  const uint64_t key = key_ + counter_ * 0x9e3779b97f4a7c15ull;
#pragma omp parallel for schedule(static) if (size > 65536)
  for (int64_t word = 0; word < words; ++word) {
    uint64_t bits = Mix(key + static_cast<uint64_t>(word) * 0x9e3779b97f4a7c15ull);
    const int64_t end = word * 4 + 4 < size ? word * 4 + 4 : size;
    for (int64_t i = word * 4; i < end; ++i) {
      mask[i] = (bits & 0xffff) < threshold ? 0.0f : kept;
      bits >>= 16;
    }
  }
  counter_ += static_cast<uint64_t>(words);
}

}  // namespace semblance::training
