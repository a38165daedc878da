// Segments made of vectors that are read from where they lie, some thousands at a time: flat ones
// that keep codes, and lists.
#pragma once

#include <functional>

#include "index/segment_data.h"

namespace semblance::index {

// Whether such a segment is made without all of its vectors in memory. (Lists without quantization
// keep them; they are then there once.)
bool IsStreamed(const SegmentOptions& options);

// Fills `data`, whose row ids are there, from `vectors`: a sample is read, in which centres are
// looked for or which tells whether earlier ones will do, and then every row that is not copied
// from an earlier segment. On options.threads threads, each with a batch; the same bytes whatever
// their number. False when `cancel`, polled on the calling thread alone, said so. Throws kInvalid
// for a vector that Segment::Build refuses.
bool BuildStreamed(const SegmentOptions& options, const VectorSource& vectors,
                   const std::function<bool()>& cancel, SegmentData& data);

}  // namespace semblance::index
