// A linear layer in int8 or bf16, with its weights in the order that the kernels read them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/encoder/activation.h"
#include "engine/encoder/linear.h"
#include "engine/encoder/narrow_kernels.h"
#include "engine/encoder/precision.h"

namespace semblance::encoder {

// The kernels this processor computes in; nullptr for f32.
const NarrowKernels* NarrowKernelsFor(Precision computed_in);

struct NarrowShape {
  size_t inputs = 0;
  size_t outputs = 0;
  bool add = false;                                     // out = out + rows weight + bias
  std::optional<Activation> activation = std::nullopt;  // of the rows, before the product
};

class NarrowDense : public Linear {
 public:
  // weight [outputs, inputs] row-major, all finite; bias [outputs].
  NarrowDense(const NarrowKernels& kernels, const NarrowShape& shape,
              const std::vector<float>& weight, const std::vector<float>& bias);

  bool prepares() const override { return true; }
  void Prepare(float* rows, Range range, const NarrowRows& narrow) const override;
  void Run(const float* rows, const NarrowRows& narrow, float* out, size_t count, int member,
           const Team& team, Scratch* scratch) const override;
  uint64_t memory_bytes() const override;

  // Of a row with so many inputs.
  static size_t Words(const NarrowKernels& kernels, size_t inputs);

 private:
  struct Free {
    void operator()(uint32_t* memory) const;
  };
  void PackColumn(const float* weight, size_t column);

  // Constant after construction.
  const NarrowKernels& kernels_;
  NarrowShape shape_;
  size_t words_, panels_;
  std::unique_ptr<uint32_t, Free> weights_;  // [panels_, words_, panel_columns]
  // For every column of all panels.
  std::vector<float> scales_, sums_;
  std::vector<float> bias_;
};

}  // namespace semblance::encoder
