// What is embedded: token ids of many sentences, of one length or of real texts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/encoder.h"

namespace semblance::bench {

struct Workload {
  std::string name;
  std::vector<std::vector<int32_t>> sentences;
  size_t peer_batch = 0;  // sentences that a library which pads is given at a time

  size_t tokens() const;
};

// `batch` sentences of `tokens` random ids: "8x32".
Workload FixedWorkload(size_t batch, size_t tokens, int64_t vocabulary, uint64_t seed);
// As many lines of `file`, or glosses of WordNet where it is empty, spread over it; lengths drawn
// at random where neither is here, which the name says. In random order.
Workload RealWorkload(const std::string& file, size_t count, const encoder::Encoder& encoder,
                      uint64_t seed);

// Products of the network's layers, 2 for a multiplication with its addition.
double FloatingOperations(const Workload& workload, const encoder::BertConfig& config);

}  // namespace semblance::bench
