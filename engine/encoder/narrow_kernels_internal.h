// The kernels of narrow_kernels.h, written once for all forms: narrow_kernels_*.cc add what each
// has of its own, and are built with options of their own (CMakeLists.txt). As in lanes_internal.h,
// everything is in an unnamed namespace.
#pragma once

#include <type_traits>

#include "engine/encoder/activations_internal.h"
#include "engine/encoder/lanes_internal.h"
#include "engine/encoder/narrow_kernels.h"

namespace semblance::encoder {
namespace {

// A Form has
//   kWidth                    elements of a vector
//   Code                      what a code lies in memory as
//   Sum                       a vector of sums, of int32_t or float
//   kRows, kVectors           the outputs that are computed at once
//   kForm
//   Dot(sum, words, words)    sum + the products of the codes of two words
//   Put(at, floats)           stores codes of kWidth floats; of int8: of floats 0 .. 255
template <typename Form>
struct Narrow : Vectors<Form::kWidth> {
  using V = Vectors<Form::kWidth>;
  using typename V::Floats;
  using typename V::Ints;
  using typename V::Words;
  using V::All;
  using V::Load;
  using V::More;
  using V::Store;
  using Code = typename Form::Code;
  using Sum = typename Form::Sum;

  static constexpr size_t kWidth = Form::kWidth;
  static constexpr size_t kVectors = Form::kVectors;
  static constexpr size_t kColumns = kVectors * kWidth;  // of a panel
  static constexpr size_t kElements = sizeof(uint32_t) / sizeof(Code);
  static constexpr bool kInteger = std::is_same_v<Sum, Ints>;

  static Words AllWords(uint32_t word) { return word + Words{}; }

  struct Range {
    float least, most;
  };

  static Floats Less(Floats a, Floats b) { return a < b ? a : b; }

  // Several vectors at a time: each comparison waits for the one before.
  static Range RangeOf(const float* row, size_t width) {
    constexpr size_t kTogether = 4;
    const float first = row[0];
    Floats least[kTogether], most[kTogether];
    for (size_t t = 0; t < kTogether; ++t) least[t] = most[t] = All(first);
    size_t i = 0;
    for (; i + kTogether * kWidth <= width; i += kTogether * kWidth) {
      for (size_t t = 0; t < kTogether; ++t) {
        const Floats x = Load(row + i + t * kWidth);
        least[t] = Less(x, least[t]);
        most[t] = More(x, most[t]);
      }
    }
    const Floats low = Less(Less(least[0], least[1]), Less(least[2], least[3]));
    const Floats high = More(More(most[0], most[1]), More(most[2], most[3]));
    Range range{low[0], high[0]};
    for (size_t lane = 1; lane < kWidth; ++lane) {
      range.least = low[lane] < range.least ? low[lane] : range.least;
      range.most = high[lane] > range.most ? high[lane] : range.most;
    }
    for (; i < width; ++i) {
      range.least = row[i] < range.least ? row[i] : range.least;
      range.most = row[i] > range.most ? row[i] : range.most;
    }
    return range;
  }

  // The codes of (x - least) * factor. What is behind the last in its word becomes zero.
  static void PutRow(const float* row, size_t width, float least, float factor, Code* codes) {
    size_t i = 0;
    for (; i + kWidth <= width; i += kWidth) {
      Form::Put(codes + i, (Load(row + i) - All(least)) * All(factor));
    }
    if (i == width) return;
    float rest[kWidth];
    for (size_t j = 0; j < kWidth; ++j) rest[j] = i + j < width ? row[i + j] : least;
    Code last[kWidth];
    Form::Put(last, (Load(rest) - All(least)) * All(factor));
    const size_t end = (width + kElements - 1) / kElements * kElements;
    for (size_t j = i; j < end; ++j) codes[j] = last[j - i];
  }

  static void NarrowRows(const float* rows, size_t count, size_t width, uint32_t* words,
                         RowScale* scales) {
    const size_t length = (width + kElements - 1) / kElements;
    for (size_t r = 0; r < count; ++r) {
      const float* row = rows + r * width;
      auto* codes = reinterpret_cast<Code*>(words + r * length);
      if constexpr (kInteger) {
        const Range range = RangeOf(row, width);
        const float extent = range.most - range.least;
        scales[r] = {extent / 255.0f, range.least};
        PutRow(row, width, range.least, extent > 0 ? 255.0f / extent : 0.0f, codes);
      } else {
        PutRow(row, width, 0.0f, 1.0f, codes);
      }
    }
  }

  static Words LoadWords(const uint32_t* at) {
    return (Words)Load(reinterpret_cast<const float*>(at));
  }

  // What makes sums of one vector of columns into outputs.
  struct Column {
    Column(const NarrowProduct& product, size_t at) : bias(Load(product.bias + at)) {
      if constexpr (kInteger) {
        scale = Load(product.column_scales + at);
        sum = Load(product.column_sums + at);
      }
    }
    Floats Finish(Sum sums, RowScale row) const {
      if constexpr (kInteger) {
        return __builtin_convertvector(sums, Floats) * (scale * All(row.scale)) +
               (sum * All(row.least) + bias);
      } else {
        return sums + bias;
      }
    }
    Floats bias, scale = {}, sum = {};
  };

  static void Write(float* out, size_t columns, bool add, Floats values) {
    if (columns >= kWidth) {
      Store(out, add ? Load(out) + values : values);
      return;
    }
    for (size_t i = 0; i < columns; ++i) out[i] = add ? out[i] + values[i] : values[i];
  }

  template <size_t kRows>
  static void Tile(const NarrowProduct& product, size_t first_row, size_t panel) {
    const uint32_t* weights = product.weights + panel * product.words * kColumns;
    const uint32_t* rows = product.rows + first_row * product.words;
    Sum sums[kRows][kVectors] = {};
    for (size_t p = 0; p < product.words; ++p) {
      Words columns[kVectors];
      for (size_t v = 0; v < kVectors; ++v) {
        columns[v] = LoadWords(weights + p * kColumns + v * kWidth);
      }
      for (size_t r = 0; r < kRows; ++r) {
        const Words word = AllWords(rows[r * product.words + p]);
        for (size_t v = 0; v < kVectors; ++v) sums[r][v] = Form::Dot(sums[r][v], word, columns[v]);
      }
    }
    RowScale scales[kRows];
    for (size_t r = 0; kInteger && r < kRows; ++r) scales[r] = product.row_scales[first_row + r];
    float* out = product.out + first_row * product.columns;
    for (size_t v = 0; v < kVectors; ++v) {
      const size_t at = panel * kColumns + v * kWidth;
      if (at >= product.columns) break;
      const Column column(product, at);
      for (size_t r = 0; r < kRows; ++r) {
        Write(out + r * product.columns + at, product.columns - at, product.add,
              column.Finish(sums[r][v], scales[r]));
      }
    }
  }

  template <size_t kRows>
  static void TileOf(const NarrowProduct& product, size_t rows, size_t first_row, size_t panel) {
    if constexpr (kRows > 1) {
      if (rows < kRows) return TileOf<kRows - 1>(product, rows, first_row, panel);
    }
    Tile<kRows>(product, first_row, panel);
  }

  static void Multiply(const NarrowProduct& product) {
    const size_t tiles = (product.count + Form::kRows - 1) / Form::kRows;
    for (size_t panel = product.first_panel; panel < product.end_panel; ++panel) {
      for (size_t tile = 0, row = 0; tile < tiles; ++tile) {
        // As equal as can be.
        const size_t rows = (product.count - row + (tiles - tile) - 1) / (tiles - tile);
        TileOf<Form::kRows>(product, rows, row, panel);
        row += rows;
      }
    }
  }
};

template <typename Form>
constexpr NarrowKernels MakeNarrowKernels(const char* name) {
  using N = Narrow<Form>;
  return {name,
          Form::kForm,
          N::kElements,
          N::kColumns,
          N::NarrowRows,
          N::Multiply,
          Activations<Form::kWidth>::Activate};
}

// Rounds floats 0 .. 255 to the nearest whole number, ties to even.
template <size_t kWidth>
typename Vectors<kWidth>::Words Rounded(typename Vectors<kWidth>::Floats values) {
  return (typename Vectors<kWidth>::Words)(values + 8388608.0f) & 0xff;
}

}  // namespace
}  // namespace semblance::encoder
