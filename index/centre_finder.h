// Which of some centres a row is nearest to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "index/codes.h"

namespace semblance::index {

class CentreFinder {
 public:
  // From this dimension on it looks for the nearest by 8-bit codes of the centres.
  static constexpr uint32_t kCodesFrom = 64;

  // centres [n, dimension], n at least 1; not owned.
  CentreFinder(std::span<const float> centres, uint32_t dimension);

  struct Nearest {
    uint32_t centre;
    float squared;  // L2 distance to it
  };
  // Of equals any, but always the same. `distances` is room that is used again. Threads: each with
  // room of its own.
  Nearest Find(std::span<const float> row, std::vector<float>& distances) const;

 private:
  Nearest FindByCodes(std::span<const float> row, std::vector<float>& distances) const;
  float Squared(std::span<const float> row, uint32_t centre) const;
  uint32_t count() const { return static_cast<uint32_t>(centres_.size() / dimension_); }

  const std::span<const float> centres_;
  const uint32_t dimension_;
  std::optional<Codes> codes_;  // of the centres
  CodeTerms largest_ = {};      // of theirs
};

}  // namespace semblance::index
