// Products of activations and weights, on oneDNN. Private to engine/encoder/.
//
// oneDNN's fast kernels are built for a fixed number of rows, so rows are rounded up to one of a
// few sizes, and the kernels of a size are built when it first occurs. Weights are reordered once
// into the blocks that the kernels read. Where one sentence is all there is to do, the columns of a
// product are shared by several threads: weights lie in equal parts for that.
//
// Threads: everything may be called from several threads, each with a Scratch of its own. Inside,
// one thread works: the caller holds a SerialOpenMp, since oneDNN would start threads as OpenMP has
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/linear.h"
#include "engine/encoder/team.h"

namespace semblance::encoder {

// This thread's OpenMP regions, and so oneDNN's, have one thread while it lives.
class SerialOpenMp {
 public:
  SerialOpenMp();
  ~SerialOpenMp();
  SerialOpenMp(const SerialOpenMp&) = delete;
  SerialOpenMp& operator=(const SerialOpenMp&) = delete;

 private:
  int before_;
};

// Memory that grows to what the largest call needed. 64-byte aligned.
class Scratch {
 public:
  float* Floats(size_t count);  // what was in it is lost

 private:
  struct Free {
    void operator()(float* memory) const;
  };
  std::unique_ptr<float, Free> memory_;
  size_t size_ = 0;
};

enum class Epilogue : uint8_t { kNone, kActivation, kAdd };  // kAdd: out = out + in weight + bias

struct DenseShape {
  int64_t inputs = 0;
  int64_t outputs = 0;
  Epilogue epilogue = Epilogue::kNone;
  Activation activation = Activation::kGelu;  // of kActivation
  // From one row to the next, in floats; 0: inputs and outputs.
  int64_t in_stride = 0;
  int64_t out_stride = 0;
  int64_t parts = 1;  // of equally many outputs, each a product of its own

  int64_t row_in() const { return in_stride > 0 ? in_stride : inputs; }
  int64_t row_out() const { return out_stride > 0 ? out_stride : outputs; }
  int64_t part_outputs() const { return outputs / parts; }
};

// The most parts, up to `most`, into which the outputs can be cut without oneDNN choosing another,
// maybe slower, implementation; 1 for products that are small anyway.
int64_t PartsFor(const DenseShape& shape, int64_t most);
// Whether oneDNN keeps to its implementation for rows with a gap behind them.
bool KeepsWithStrides(const DenseShape& shape);

// The most rows a kernel is built for; calls with more go in parts. Rows are rounded up to
// RowsFor(rows).
inline constexpr int64_t kMostRows = 256;
int64_t RowsFor(int64_t rows);

// The kernels of one shape, shared by all layers that have it.
class DenseKernels {
 public:
  explicit DenseKernels(const DenseShape& shape);

  const DenseShape& shape() const { return shape_; }
  // weight [part_outputs, inputs] row-major -> as the kernels read it
  dnnl::memory Pack(const float* weight) const;
  // One part. in [RowsFor(rows), inputs], out [RowsFor(rows), part_outputs] for rows <= kMostRows:
  // rows beyond `rows` are read and written as well.
  void Run(const float* in, const dnnl::memory& weight, const float* bias, float* out, int64_t rows,
           Scratch* scratch) const;

 private:
  struct Kernel {
    std::once_flag built;
    dnnl::matmul primitive;
    dnnl::memory::desc in, out, scratch;
  };
  static constexpr size_t kSizes = 12;

  const Kernel& KernelFor(int64_t rows) const;

  // Constant after construction.
  DenseShape shape_;
  dnnl::memory::desc weight_, bias_;
  // Each entry is written once, under its flag.
  mutable std::array<Kernel, kSizes> kernels_;
};

// One linear layer in f32.
class Dense : public Linear {
 public:
  Dense(std::shared_ptr<const DenseKernels> kernels, const std::vector<float>& weight,
        std::vector<float> bias);

  // in [rows, inputs], out [rows, outputs], both with room for RowsFor(rows) rows of finite numbers
  // (all of them are read and written). With a team, a member's parts only.
  void Run(const float* in, float* out, int64_t rows, Scratch* scratch) const;
  void Run(const float* in, const NarrowRows&, float* out, size_t rows, int member,
           const Team& team, Scratch* scratch) const override;
  bool prepares() const override { return false; }
  void Prepare(float*, Range, const NarrowRows&) const override {}
  uint64_t memory_bytes() const override;

 private:
  void RunPart(size_t part, const float* in, float* out, int64_t rows, Scratch* scratch) const;

  std::shared_ptr<const DenseKernels> kernels_;
  std::vector<dnnl::memory> weights_;  // of the parts
  std::vector<float> bias_;
};

}  // namespace semblance::encoder
