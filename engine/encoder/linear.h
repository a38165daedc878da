// One linear layer of the network, in the precision that it is computed in.
//
// In f32 a product reads its rows as they are. In the others they are made narrow first, each row
// once, by whichever member of a team has it.
//
// Threads: everything may be called from several threads, each with memory of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/encoder/narrow_kernels.h"
#include "engine/encoder/team.h"

namespace semblance::encoder {

class Scratch;

// Rows made narrow; of the widest product there is.
struct NarrowRows {
  uint32_t* words = nullptr;
  RowScale* scales = nullptr;
};

class Linear {
 public:
  virtual ~Linear() = default;

  // Whether Prepare has something to do, and Run waits for all of it.
  virtual bool prepares() const = 0;
  // rows [.., inputs], those of the range: the activation in front, in place, and the narrow form.
  virtual void Prepare(float* rows, Range range, const NarrowRows& narrow) const = 0;
  // out [count, outputs] = rows weight + bias, or out + that; a member's columns. In f32 `rows`,
  // with room for RowsFor(count), otherwise `narrow`, which Prepare has filled.
  virtual void Run(const float* rows, const NarrowRows& narrow, float* out, size_t count,
                   int member, const Team& team, Scratch* scratch) const = 0;
  virtual uint64_t memory_bytes() const = 0;
};

}  // namespace semblance::encoder
