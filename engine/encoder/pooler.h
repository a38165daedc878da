// How the vectors of a sentence's tokens become one, by the names of the SimCSE code.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

enum class Pooler : uint8_t {
  kCls = 0,              // tanh(pooler.dense(first token))
  kClsBeforePooler = 1,  // the first token
  kAvg = 2,              // the mean of all tokens, specials included
  kAvgTop2 = 3,          // the mean over the outputs of the last two layers
  kAvgFirstLast = 4,     // the mean over the outputs of the first and the last layer
};

std::string_view PoolerName(
    Pooler pooler);  // cls, cls_before_pooler, avg, avg_top2, avg_first_last
Pooler PoolerFromName(std::string_view name);  // throws kInvalid, listing the names

}  // namespace semblance::encoder
