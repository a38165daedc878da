#include "engine/encoder/narrow_dense.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "engine/encoder/half.h"

namespace semblance::encoder {
namespace {

constexpr std::align_val_t kAlignment{64};

size_t RoundedUp(size_t count, size_t by) { return (count + by - 1) / by; }

// A code of the word at `word`, that with number `at`, becomes `code`.
void PutCode(WordForm form, uint32_t* word, size_t at, uint32_t code) {
  const size_t bits = form == WordForm::kBytes ? 8 : 16;
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  *word |= (code & mask) << (at * bits);
}

}  // namespace

const NarrowKernels* NarrowKernelsFor(Precision computed_in) {
  if (computed_in == Precision::kF32) return nullptr;
  if (computed_in == Precision::kBf16) return IfSupported(kAvx512Bf16);
  for (const NarrowKernels* kernels : {&kAvx512Int8, &kAvx2Int8}) {
    if (IfSupported(*kernels) != nullptr) return kernels;
  }
  return &kPortableInt8;
}

void NarrowDense::Free::operator()(uint32_t* memory) const {
  ::operator delete(memory, kAlignment);
}

NarrowDense::NarrowDense(const NarrowKernels& kernels, const NarrowShape& shape,
                         const std::vector<float>& weight, const std::vector<float>& bias)
    : kernels_(kernels),
      shape_(shape),
      words_(Words(kernels, shape.inputs)),
      panels_(RoundedUp(shape.outputs, kernels.panel_columns)),
      scales_(panels_ * kernels.panel_columns),
      sums_(scales_.size()),
      bias_(bias) {
  bias_.resize(scales_.size());
  const size_t count = words_ * scales_.size();
  weights_.reset(static_cast<uint32_t*>(::operator new(count * sizeof(uint32_t), kAlignment)));
  std::fill_n(weights_.get(), count, 0u);
  for (size_t column = 0; column < shape.outputs; ++column) {
    PackColumn(weight.data() + column * shape.inputs, column);
  }
}

size_t NarrowDense::Words(const NarrowKernels& kernels, size_t inputs) {
  return RoundedUp(inputs, kernels.elements);
}

void NarrowDense::PackColumn(const float* weight, size_t column) {
  const size_t width = kernels_.panel_columns;
  uint32_t* const words = weights_.get() + column / width * words_ * width + column % width;
  float most = 0;
  for (size_t i = 0; i < shape_.inputs; ++i) most = std::max(most, std::abs(weight[i]));
  const float scale = most / 127.0f;
  int64_t sum = 0;
  for (size_t i = 0; i < shape_.inputs; ++i) {
    uint32_t code;
    if (kernels_.form == WordForm::kBfloat16) {
      code = FloatToBfloat16(weight[i]);
    } else {
      const long rounded = scale > 0 ? std::lrint(weight[i] / scale) : 0;
      sum += rounded;
      code = static_cast<uint32_t>(rounded);
    }
    PutCode(kernels_.form, words + i / kernels_.elements * width, i % kernels_.elements, code);
  }
  scales_[column] = scale;
  sums_[column] = scale * static_cast<float>(sum);
}

void NarrowDense::Prepare(float* rows, Range range, const NarrowRows& narrow) const {
  // Row by row, so that the second finds it where the first left it.
  for (size_t r = range.begin; r < range.end; ++r) {
    float* row = rows + r * shape_.inputs;
    if (shape_.activation) kernels_.activate(*shape_.activation, row, shape_.inputs);
    kernels_.narrow(row, 1, shape_.inputs, narrow.words + r * words_, narrow.scales + r);
  }
}

void NarrowDense::Run(const float*, const NarrowRows& narrow, float* out, size_t count, int member,
                      const Team& team, Scratch*) const {
  const Range panels = ShareOf(panels_, member, team);
  NarrowProduct product;
  product.words = words_;
  product.count = count;
  product.rows = narrow.words;
  product.row_scales = narrow.scales;
  product.weights = weights_.get();
  product.column_scales = scales_.data();
  product.column_sums = sums_.data();
  product.bias = bias_.data();
  product.out = out;
  product.columns = shape_.outputs;
  product.add = shape_.add;
  product.first_panel = panels.begin;
  product.end_panel = panels.end;
  kernels_.multiply(product);
}

uint64_t NarrowDense::memory_bytes() const { return (words_ + 3) * scales_.size() * sizeof(float); }

}  // namespace semblance::encoder
