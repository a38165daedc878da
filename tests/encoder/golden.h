// What the reference implementation computes (data/README.md), held against an encoder.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/encoder/precision.h"

namespace semblance::encoder {

// Every pooler that `expected` (one of the pooled*.json) has, all sentences in one batch.
void ExpectPooled(const std::string& config, const std::string& weights,
                  const nlohmann::json& expected);

// The same in another precision: every vector's cosine with the reference's.
void ExpectPooledClose(const std::string& config, const std::string& weights,
                       const nlohmann::json& expected, Precision precision, double least_cosine);

// The first token's state after every number of layers, for the sentences that have it.
void ExpectLayers(const std::string& config, const std::string& weights,
                  const nlohmann::json& expected);

}  // namespace semblance::encoder
