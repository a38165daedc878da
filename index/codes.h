// Vectors as codes: less memory, compared several times as fast, and only nearly right.
//
//   sq8     a byte a number    f16     two bytes a number    binary  a bit a number: its sign
//
// Codes are of a row's difference from the centre, which is the mean of the rows (or of some of
// them); under the inner product, where moving the origin changes the order, it is zero. With x for
// that difference and a scale a row,
//   sq8     x is nearly scale * codes, the largest of which is 127
//   f16     the same, with a power of two that brings the largest below 1
//   binary  scale is |x|, and the angle between two differences is nearly pi * (bits that differ) /
//           dimension: what the signs of random directions would say (M. Charikar, Similarity
//           estimation techniques from rounding algorithms, 2002)
// A distance of codes is only good for choosing candidates: what is returned to anybody is measured
// again with the full vectors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "index/big_array.h"
#include "index/code_kernels.h"
#include "index/kernels.h"
#include "index/metric.h"

namespace semblance::index {

struct CodeTerms {
  float scale;   // not negative, finite
  float square;  // the squared length of x; 0 under the inner product
};

struct Codes {
  Metric metric = Metric::kCosine;
  Quantization quantization = Quantization::kSq8;  // not kNone
  uint32_t dimension = 0;
  BigArray<float> centre;     // [dimension], or empty without rows
  BigArray<uint8_t> codes;    // [size, CodeStride(quantization, dimension)]
  BigArray<CodeTerms> terms;  // [size]
  BigArray<float> cosines;    // of binary: by the number of bits that differ; else empty

  uint32_t size() const { return static_cast<uint32_t>(terms.size()); }
  size_t stride() const { return CodeStride(quantization, dimension); }
  size_t bytes() const { return centre.bytes() + codes.bytes() + terms.bytes() + cosines.bytes(); }
  const uint8_t* row(size_t i) const { return codes.data() + i * stride(); }
  // The inner product of two rows' differences over their scales, from what the kernel gave.
  float Product(float measured) const {
    return cosines.size() == 0 ? measured : cosines[static_cast<size_t>(measured)];
  }
};

// Room for the codes of `size` rows, without centre. The content is the caller's to fill.
Codes NewCodes(Metric metric, Quantization quantization, uint32_t size, uint32_t dimension);
// The mean of rows [size, dimension], size at least 1; zero under the inner product.
BigArray<float> CentreOf(Metric metric, const float* rows, uint32_t size, uint32_t dimension);
// Codes of one row [dimension], into codes.codes and codes.terms; codes.centre must be there.
// Different rows may be set at once.
void EncodeRow(const float* row, size_t position, Codes& codes);

// rows [size, dimension], finite; under cosine of unit length.
Codes Encode(Metric metric, Quantization quantization, const float* rows, uint32_t size,
             uint32_t dimension);

// What orders like the distance of the vectors behind them: half the squared distance under cosine
// and L2, the negative product otherwise; finite.
inline float CodeDistance(const CodeTerms& a, const CodeTerms& b, float product) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  float distance = 0.5f * (a.square + b.square) - a.scale * b.scale * product;
  distance = distance < kLargest ? distance : kLargest;  // a NaN, too
  return distance > -kLargest ? distance : -kLargest;
}

inline void PrefetchCodes(const Codes& codes, uint32_t position) {
  for (size_t i = 0; i < codes.stride(); i += 64) __builtin_prefetch(codes.row(position) + i);
  __builtin_prefetch(codes.terms.data() + position);
}

// Four rows in order are read side by side, which the processor does not take for one stream: it is
// told what comes, so many bytes ahead (a scan of 100,000 x 384: 2.6 ms without, 1.06 with).
inline void PrefetchCodesAhead(const uint8_t* rows, size_t bytes) {
  constexpr size_t kAhead = 4096;
  for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(rows + kAhead + line);
}

// out[i]: the CodeDistance from `query`, as the kernel takes it, to the row position_at(i), four
// rows at a time.
template <RowOrder kOrder, typename PositionAt>
void MeasureCodes(const Codes& codes, const CodeKernel& kernel, const void* query,
                  const CodeTerms& terms, PositionAt position_at, size_t count, float* out) {
  const size_t stride = codes.stride();
  size_t i = 0;
  const void* rows[4];
  for (; i + 4 <= count; i += 4) {
    if constexpr (kOrder == RowOrder::kScattered) {
      const size_t ahead = std::min<size_t>(8, count - i);
      for (size_t next = 4; next < ahead; ++next) PrefetchCodes(codes, position_at(i + next));
    } else {
      PrefetchCodesAhead(codes.row(position_at(i)), 4 * stride);
    }
    for (size_t r = 0; r < 4; ++r) rows[r] = codes.row(position_at(i + r));
    kernel.four(query, rows, stride, out + i);
  }
  if (i < count) {
    // The rest are filled up with the last: one row alone takes nearly as long as four.
    float products[4];
    for (size_t r = 0; r < 4; ++r) rows[r] = codes.row(position_at(std::min(i + r, count - 1)));
    kernel.four(query, rows, stride, products);
    std::copy_n(products, count - i, out + i);
  }
  if (codes.cosines.size() != 0) {
    for (i = 0; i < count; ++i) out[i] = codes.Product(out[i]);
  }
  for (i = 0; i < count; ++i) out[i] = CodeDistance(terms, codes.terms[position_at(i)], out[i]);
}

// As Scorer, over codes; its distances are CodeDistance's.
class CodeScorer {
 public:
  // `codes` is not owned. `query` as Scorer takes it; throws as Scorer.
  CodeScorer(const Codes& codes, std::span<const float> query);

  void Score(size_t first, size_t count, float* distances) const;
  void ScoreAt(const uint32_t* positions, size_t count, float* distances,
               RowOrder order = RowOrder::kScattered) const;
  float ScoreOne(uint32_t position) const;
  float slack() const { return 0; }
  // What the distance of the vectors, on metric.h's scale, is not below, given that of their codes;
  // of sq8, the others know no bound. Rounding errs by up to half a scale s, evenly, with variance
  // s^2 / 12 an element; a product of d elements with variance
  //   (|q|^2 s_x^2 + |x|^2 s_q^2) / 12 + d s_q^2 s_x^2 / 144.
  // Five of its standard deviations are taken off. Where errors are independent of each other, as
  // in vectors that are learnt or drawn, one in some three million is larger.
  float Least(uint32_t position, float distance) const;
  // What is taken off, for a row of these terms; it grows with both. Of sq8, not under the inner
  // product.
  double Slack(const CodeTerms& row) const;
  static constexpr bool kByCode = true;
  // Of the query less the centre: its length, and what that of its codes' error is not above.
  double query_length() const;
  double query_error() const;
  float Refined(uint32_t, float distance) const { return distance; }
  void Prefetch(uint32_t position) const { PrefetchCodes(codes_, position); }

 private:
  template <RowOrder kOrder, typename PositionAt>
  void Compute(PositionAt position_at, size_t count, float* distances) const {
    MeasureCodes<kOrder>(codes_, kernel_, query_.data(), terms_, position_at, count, distances);
  }

  const Codes& codes_;
  const CodeKernel& kernel_;
  BigArray<uint8_t> query_;  // as kernel_ takes it
  CodeTerms terms_;
  float query_square_ = 0;  // of the query less the centre
};

}  // namespace semblance::index
