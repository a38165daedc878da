#include "engine/training/dropout.h"

#include "engine/training/random.h"

namespace semblance::training {

DropoutStream::DropoutStream(double rate, uint64_t seed, uint64_t stream)
    : rate_(rate), key_(Mix(Mix(seed) ^ Mix(stream))) {}

DropoutStream::Part DropoutStream::Take(int64_t size) {
  Part part;
  part.key = key_ + counter_ * 0x9e3779b97f4a7c15ull;
  part.words = (size + 3) / 4;
  part.threshold = static_cast<uint32_t>(rate_ * 65536.0);
  part.kept = static_cast<float>(65536.0 / (65536.0 - part.threshold));
  counter_ += static_cast<uint64_t>(part.words);
  return part;
}

void DropoutStream::Fill(float* mask, int64_t size) {
  // One 64-bit number decides for four elements, 16 bits each.
  const Part part = Take(size);
#pragma omp parallel for schedule(static) if (size > 65536)
  for (int64_t word = 0; word < part.words; ++word) {
    uint64_t bits = Mix(part.key + static_cast<uint64_t>(word) * 0x9e3779b97f4a7c15ull);
    const int64_t end = word * 4 + 4 < size ? word * 4 + 4 : size;
    for (int64_t i = word * 4; i < end; ++i) {
      mask[i] = (bits & 0xffff) < part.threshold ? 0.0f : part.kept;
      bits >>= 16;
    }
  }
}

}  // namespace semblance::training
