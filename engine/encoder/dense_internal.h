// Products of activations and weights, on oneDNN. Private to engine/encoder/.
//
// oneDNN's fast kernels are built for a fixed number of rows, so rows are rounded up to one of a
// few sizes, and the kernels of a size are built when it first occurs. Weights are reordered once
// into the blocks that the kernels read.
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
};

// The most rows a kernel is built for; calls with more go in parts. Rows are rounded up to
// RowsFor(rows).
inline constexpr int64_t kMostRows = 128;
int64_t RowsFor(int64_t rows);

// The kernels of one shape, shared by all layers that have it.
class DenseKernels {
 public:
  explicit DenseKernels(const DenseShape& shape);

  const DenseShape& shape() const { return shape_; }
  // weight [outputs, inputs] row-major -> as the kernels read it
  dnnl::memory Pack(const std::vector<float>& weight) const;
  // in [RowsFor(rows), inputs], out [RowsFor(rows), outputs] for rows <= kMostRows: rows beyond
  // `rows` are read and written as well.
  void Run(const float* in, const dnnl::memory& weight, const float* bias, float* out, int64_t rows,
           Scratch* scratch) const;

 private:
  struct Kernel {
    std::once_flag built;
    dnnl::matmul primitive;
    dnnl::memory::desc in, out, scratch;
  };
  static constexpr size_t kSizes = 8;

  dnnl::matmul::primitive_desc Describe(int64_t rows, const dnnl::memory::desc& weight) const;
  const Kernel& KernelFor(int64_t rows) const;

  // Constant after construction.
  DenseShape shape_;
  dnnl::memory::desc weight_, bias_;
  // Each entry is written once, under its flag.
  mutable std::array<Kernel, kSizes> kernels_;
};

// One linear layer.
class Dense {
 public:
  Dense(std::shared_ptr<const DenseKernels> kernels, const std::vector<float>& weight,
        std::vector<float> bias);

  // in [rows, inputs], out [rows, outputs], both with room for RowsFor(rows) rows of finite numbers
  // (all of them are read and written).
  void Run(const float* in, float* out, int64_t rows, Scratch* scratch) const;
  uint64_t memory_bytes() const;

 private:
  std::shared_ptr<const DenseKernels> kernels_;
  dnnl::memory weight_;
  std::vector<float> bias_;
};

}  // namespace semblance::encoder
