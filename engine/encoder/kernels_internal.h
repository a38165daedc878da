// The kernels, written once with the compiler's vector types and compiled once for each instruction
// set: kernels_avx2.cc and kernels_avx512.cc are built with options of their own (CMakeLists.txt).
// As in lanes_internal.h, everything is in an unnamed namespace.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/encoder/kernels.h"
#include "engine/encoder/lanes_internal.h"

namespace semblance::encoder {
namespace {

template <size_t kWidth>
struct Kernels : Vectors<kWidth> {
  using V = Vectors<kWidth>;
  using typename V::Floats;
  using typename V::Shorts;
  using typename V::ShortsAt;
  using typename V::Words;
  using V::All;
  using V::Exp;
  using V::Load;
  using V::RoundUp;
  using V::Store;
  using V::Sum;

  static constexpr size_t kQueryRows = 16;  // queries at a time in attention

  // out [kRows, kVectors * kWidth] = a [kRows, depth] b [depth, kVectors * kWidth]
  template <size_t kRows, size_t kVectors>
  static void MultiplyTile(const float* a, size_t a_stride, const float* b, size_t b_stride,
                           size_t depth, float* out, size_t out_stride) {
    Floats sums[kRows][kVectors] = {};
    for (size_t p = 0; p < depth; ++p) {
      Floats columns[kVectors];
      for (size_t v = 0; v < kVectors; ++v) columns[v] = Load(b + p * b_stride + v * kWidth);
      for (size_t r = 0; r < kRows; ++r) {
        const Floats factor = All(a[r * a_stride + p]);
        for (size_t v = 0; v < kVectors; ++v) sums[r][v] += factor * columns[v];
      }
    }
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t v = 0; v < kVectors; ++v) Store(out + r * out_stride + v * kWidth, sums[r][v]);
    }
  }

  template <size_t kRows>
  static void MultiplyRows(const float* a, size_t a_stride, const float* b, size_t b_stride,
                           size_t depth, size_t columns, float* out, size_t out_stride) {
    size_t j = 0;
    for (; j + 2 * kWidth <= columns; j += 2 * kWidth) {
      MultiplyTile<kRows, 2>(a, a_stride, b + j, b_stride, depth, out + j, out_stride);
    }
    if (j < columns) {
      MultiplyTile<kRows, 1>(a, a_stride, b + j, b_stride, depth, out + j, out_stride);
    }
  }

  // out [rows, columns] = a [rows, depth] b [depth, columns]; columns is a multiple of kWidth.
  static void Multiply(const float* a, size_t a_stride, const float* b, size_t b_stride,
                       size_t rows, size_t depth, size_t columns, float* out, size_t out_stride) {
    size_t i = 0;
    if constexpr (kWidth == 16) {  // with registers for it
      for (; i + 8 <= rows; i += 8) {
        MultiplyRows<8>(a + i * a_stride, a_stride, b, b_stride, depth, columns,
                        out + i * out_stride, out_stride);
      }
    }
    for (; i + 4 <= rows; i += 4) {
      MultiplyRows<4>(a + i * a_stride, a_stride, b, b_stride, depth, columns, out + i * out_stride,
                      out_stride);
    }
    for (; i < rows; ++i) {
      MultiplyRows<1>(a + i * a_stride, a_stride, b, b_stride, depth, columns, out + i * out_stride,
                      out_stride);
    }
  }

  static Floats Largest(const float* scores, size_t padded) {
    Floats largest = Load(scores);
    for (size_t i = kWidth; i < padded; i += kWidth) {
      largest = V::More(Load(scores + i), largest);
    }
    return largest;
  }

  // Makes scores[0 .. count) into e^(score - most), and what is behind, up to a whole vector, into
  // 0; returns their sums by lane.
  static Floats Powers(float* scores, size_t count, float most) {
    Floats sum = {};
    size_t i = 0;
    for (; i + kWidth <= count; i += kWidth) {
      const Floats power = Exp(Load(scores + i) - All(most));
      Store(scores + i, power);
      sum += power;
    }
    if (i == count) return sum;
    Store(scores + i, Exp(Load(scores + i) - All(most)));
    for (size_t j = count; j < i + kWidth; ++j) scores[j] = 0;
    return sum + Load(scores + i);
  }

  // scores [rows, columns], of which `count` columns are meant, become e^(score - the row's
  // largest); factors [rows] one over their sums. Several rows at a time, whose lanes are folded
  // together.
  static void Exponentials(float* scores, size_t rows, size_t count, size_t columns,
                           float* factors) {
    for (size_t first = 0; first < rows; first += kWidth) {
      const size_t some = rows - first < kWidth ? rows - first : kWidth;
      Floats lanes[kWidth] = {};
      for (size_t r = 0; r < some; ++r) {
        float* row = scores + (first + r) * columns;
        for (size_t i = count; i < columns; ++i) row[i] = row[0];
        lanes[r] = Largest(row, columns);
      }
      const Floats most = V::template Fold<V::More>(lanes);
      for (size_t r = 0; r < some; ++r) {
        lanes[r] = Powers(scores + (first + r) * columns, count, most[r]);
      }
      const Floats sums = V::template Fold<V::Add>(lanes);
      for (size_t r = 0; r < some; ++r) factors[first + r] = 1.0f / sums[r];
    }
  }

  static size_t AttentionScratch(const AttentionShape& shape) {
    const size_t columns = RoundUp(shape.tokens), size = RoundUp(shape.head_size);
    return shape.head_size * columns + shape.tokens * size + kQueryRows * (columns + size);
  }

  // rows [tokens, head_size] -> keys [head_size, columns], block by block.
  static void TurnKeys(const float* rows, size_t stride, size_t tokens, size_t head_size,
                       float* keys, size_t columns) {
    for (size_t t = 0; t < tokens; t += kWidth) {
      const size_t some = tokens - t < kWidth ? tokens - t : kWidth;
      size_t j = 0;
      for (; j + kWidth <= head_size; j += kWidth) {
        Floats block[kWidth] = {};
        for (size_t r = 0; r < some; ++r) block[r] = Load(rows + (t + r) * stride + j);
        V::Transpose(block);
        for (size_t r = 0; r < kWidth; ++r) Store(keys + (j + r) * columns + t, block[r]);
      }
      for (; j < head_size; ++j) {
        for (size_t r = 0; r < some; ++r) keys[j * columns + t + r] = rows[(t + r) * stride + j];
      }
    }
  }

  static void Attention(const AttentionShape& shape, const float* qkv, float* context,
                        float* scratch) {
    const size_t tokens = shape.tokens, head_size = shape.head_size;
    const size_t hidden = shape.heads * head_size, stride = 3 * hidden;
    const size_t columns = RoundUp(tokens), size = RoundUp(head_size);
    float* keys = scratch;                          // [head_size, columns]
    float* values = keys + head_size * columns;     // [tokens, size]
    float* scores = values + tokens * size;         // [kQueryRows, columns]
    float* result = scores + kQueryRows * columns;  // [kQueryRows, size]
    for (size_t i = 0; i < head_size * columns + tokens * size; ++i) scratch[i] = 0;
    const size_t end = shape.end_head < shape.heads ? shape.end_head : shape.heads;
    for (size_t head = shape.first_head; head < end; ++head) {
      const float* query = qkv + head * head_size;
      TurnKeys(query + hidden, stride, tokens, head_size, keys, columns);
      for (size_t t = 0; t < tokens; ++t) {
        const float* value = query + 2 * hidden + t * stride;
        for (size_t j = 0; j < head_size; ++j) values[t * size + j] = value[j];
      }
      for (size_t first = 0; first < tokens; first += kQueryRows) {
        const size_t rows = tokens - first < kQueryRows ? tokens - first : kQueryRows;
        Multiply(query + first * stride, stride, keys, columns, rows, head_size, columns, scores,
                 columns);
        if (shape.distance_bias != nullptr) {
          const float* bias = shape.distance_bias + head * (2 * shape.reach + 1) + shape.reach;
          for (size_t r = 0; r < rows; ++r) {
            AddScaled(bias - (first + r), 1.0f, tokens, scores + r * columns);
          }
        }
        float factors[kQueryRows];
        Exponentials(scores, rows, tokens, columns, factors);
        Multiply(scores, columns, values, size, rows, tokens, size, result, size);
        for (size_t r = 0; r < rows; ++r) {
          float* out = context + (first + r) * hidden + head * head_size;
          for (size_t j = 0; j < head_size; ++j) out[j] = result[r * size + j] * factors[r];
        }
      }
    }
  }

  static void LayerNorm(float* rows, size_t count, size_t width, const float* gain,
                        const float* bias, float epsilon) {
    const size_t whole = width / kWidth * kWidth;
    for (size_t row = 0; row < count; ++row) {
      float* x = rows + row * width;
      Floats sums = {};
      for (size_t i = 0; i < whole; i += kWidth) sums += Load(x + i);
      float sum = Sum(sums);
      for (size_t i = whole; i < width; ++i) sum += x[i];
      const float mean = sum / static_cast<float>(width);
      Floats squares = {};
      for (size_t i = 0; i < whole; i += kWidth) {
        const Floats d = Load(x + i) - All(mean);
        squares += d * d;
      }
      float square = Sum(squares);
      for (size_t i = whole; i < width; ++i) square += (x[i] - mean) * (x[i] - mean);
      const float variance = square / static_cast<float>(width);
      const float factor = 1.0f / __builtin_sqrtf(variance + epsilon);
      for (size_t i = 0; i < whole; i += kWidth) {
        const Floats normal = (Load(x + i) - All(mean)) * All(factor);
        Store(x + i, normal * Load(gain + i) + Load(bias + i));
      }
      for (size_t i = whole; i < width; ++i) x[i] = (x[i] - mean) * factor * gain[i] + bias[i];
    }
  }

  static void AddScaled(const float* values, float factor, size_t count, float* sum) {
    size_t i = 0;
    for (; i + kWidth <= count; i += kWidth) {
      Store(sum + i, Load(sum + i) + Load(values + i) * All(factor));
    }
    for (; i < count; ++i) sum[i] += values[i] * factor;
  }

  static Floats Widen(Words half) {
    const Words magnitude = (half & 0x7fff) << 13;
    Words bits = (Words)((Floats)magnitude * 0x1p112f);
    bits |= (Words)((half & 0x7c00) == 0x7c00) & 0x7f800000u;
    return (Floats)(bits | (half & 0x8000) << 16);
  }
  static Words WordsAt(const uint16_t* at) {
    const Shorts shorts = *reinterpret_cast<const ShortsAt*>(at);
    return __builtin_convertvector(shorts, Words);
  }
  // The last few of `count`, padded.
  static Words LastWords(const uint16_t* at, size_t count) {
    Words words = {};
    for (size_t i = 0; i < count; ++i) words[i] = at[i];
    return words;
  }
  static void StoreFirst(float* at, Floats values, size_t count) {
    for (size_t i = 0; i < count; ++i) at[i] = values[i];
  }

  static void WidenHalf(const uint16_t* from, size_t count, float* to) {
    size_t i = 0;
    for (; i + kWidth <= count; i += kWidth) Store(to + i, Widen(WordsAt(from + i)));
    StoreFirst(to + i, Widen(LastWords(from + i, count - i)), count - i);
  }

  static void WidenBfloat16(const uint16_t* from, size_t count, float* to) {
    size_t i = 0;
    for (; i + kWidth <= count; i += kWidth) Store(to + i, (Floats)(WordsAt(from + i) << 16));
    StoreFirst(to + i, (Floats)(LastWords(from + i, count - i) << 16), count - i);
  }
};

template <size_t kWidth>
constexpr KernelSet MakeKernels(const char* name) {
  using K = Kernels<kWidth>;
  KernelSet set;
  set.name = name;
  set.attention = K::Attention;
  set.attention_scratch = K::AttentionScratch;
  set.layer_norm = K::LayerNorm;
  set.add_scaled = K::AddScaled;
  set.widen_half = K::WidenHalf;
  set.widen_bfloat16 = K::WidenBfloat16;
  return set;
}

}  // namespace
}  // namespace semblance::encoder
