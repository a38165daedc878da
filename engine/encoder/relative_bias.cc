#include "engine/encoder/relative_bias.h"

#include <algorithm>
#include <cmath>

namespace semblance::encoder {
namespace {

constexpr int64_t kSide = kDistanceBuckets / 2;
constexpr int64_t kExact = kSide / 2;
constexpr float kFarthest = 128;

}  // namespace

int64_t DistanceBucket(int64_t distance) {
  const int64_t side = distance > 0 ? kSide : 0;
  const int64_t apart = std::abs(distance);
  if (apart < kExact) return side + apart;
  // In f32, as the models were trained: a distance on a bucket's edge must fall on the same side.
  const float octaves = std::log(static_cast<float>(apart) / static_cast<float>(kExact)) /
                        std::log(kFarthest / static_cast<float>(kExact));
  const auto beyond = static_cast<int64_t>(octaves * static_cast<float>(kSide - kExact));
  return side + std::min(kExact + beyond, kSide - 1);
}

std::vector<float> DistanceBias(const std::vector<float>& table, int64_t heads, int64_t reach) {
  const int64_t columns = 2 * reach + 1;
  std::vector<float> bias(static_cast<size_t>(heads * columns));
  for (int64_t head = 0; head < heads; ++head) {
    for (int64_t column = 0; column < columns; ++column) {
      bias[static_cast<size_t>(head * columns + column)] =
          table[static_cast<size_t>(DistanceBucket(column - reach) * heads + head)];
    }
  }
  return bias;
}

}  // namespace semblance::encoder
