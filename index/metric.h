// Distances: definitions, and kernels dispatched at run time (AVX-512, AVX2 or portable).
//
// In every metric a smaller distance is nearer:
//   kCosine        1 - <a, b> / (|a| |b|)     in [0, 2]
//   kL2            sqrt(sum (a_i - b_i)^2)    the root, not the square
//   kInnerProduct  -<a, b>
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace semblance::index {

enum class Metric : uint8_t { kCosine = 0, kL2 = 1, kInnerProduct = 2 };  // frozen: on disk

std::string_view MetricName(Metric metric);  // "cosine", "l2", "ip"

// f32 kernels over `dimension` elements; at a float's alignment; accumulated in f32.
float InnerProduct(const float* a, const float* b, size_t dimension);
float SquaredL2(const float* a, const float* b, size_t dimension);
// out[i] = <query, rows[i * dimension]>, or squared L2, for `count` rows in row-major order.
void InnerProducts(const float* query, const float* rows, size_t count, size_t dimension,
                   float* out);
void SquaredL2s(const float* query, const float* rows, size_t count, size_t dimension, float* out);

// The distance of two raw (not normalised) vectors, in double inside; the reference for everything
// above and what SQL's vec_distance_* return. Cosine with a zero vector is NaN: callers refuse zero
// vectors first.
double Distance(Metric metric, const float* a, const float* b, size_t dimension);

// Larger is nearer: the cosine, 1 / (1 + distance) under L2, the inner product. Of a distance of
// that metric.
double Score(Metric metric, double distance);

// Scales to unit length in place; false, untouched, for a zero vector.
bool Normalize(float* vector, size_t dimension);

// Name of the instruction set the kernels use: "avx512", "avx2" or "portable".
std::string_view KernelName();

}  // namespace semblance::index
