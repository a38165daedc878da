// An immutable set of vectors with row ids that answers nearest-neighbour searches.
//
// A segment has positions 0 .. size()-1 in ascending order of row id; a row id stands in it at most
// once. Vectors are row-major f32 [size, dimension]. Under cosine they are kept at unit length. A
// quantized segment keeps codes (index/codes.h) instead and reads vectors from a VectorSource; its
// distances are those of the vectors, too.
//
// Threads: const methods may run concurrently. Errors: index::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/byte_stream.h"
#include "index/error.h"
#include "index/metric.h"
#include "index/quantization.h"
#include "index/row_filter.h"

namespace semblance::index {

inline constexpr uint32_t kMaxDimension = 8192;
inline constexpr uint32_t kMaxSegmentSize = 0x7fffffff;  // FAISS numbers nodes with int
inline constexpr uint32_t kMaxBuildThreads = 256;
inline constexpr uint32_t kMaxLists = 1u << 16;

enum class Kind : uint8_t { kFlat = 0, kHnsw = 1, kIvf = 2 };  // frozen: on disk

std::string_view KindName(Kind kind);  // "flat", "hnsw", "ivf"

// Where the full vectors of a quantized segment are, since it keeps only codes. Threads: Read may
// be called concurrently. What it throws passes through.
class VectorSource {
 public:
  // So many or more at once are read by who builds, or measures every row: once, and no more.
  static constexpr size_t kBulk = 512;

  virtual ~VectorSource() = default;
  // Of rows at `positions` of the segment, whose ids are `row_ids`: out [positions.size(),
  // dimension], as they were given to Build, or scaled.
  virtual void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
                    float* out) const = 0;
};

// How a quantized segment gets from codes to distances.
struct Rescoring {
  std::shared_ptr<const VectorSource> vectors;
  // The best oversample * k by code are measured in full; 1 or more. A walk gives no more than the
  // ef it keeps; of binary, whose order is coarse, it keeps as many as that.
  uint32_t oversample = 4;
};

class Segment;
struct SegmentData;  // segment_data.h

// Lists that were learned before, to be taken over by a new segment with lists: rows that are in
// them already are copied, as they lie there, instead of being looked at again.
struct EarlierLists {
  // Whose; nullptr: none. Taken over unless too few rows taught them, the new segment, or all of
  // the rows that it is a part of, want another number of lists, or its rows lie farther from their
  // centres than those did that taught them (index/earlier_lists.h).
  std::shared_ptr<const Segment> segment;
  uint64_t all_rows = 0;
  struct Place {
    const Segment* segment = nullptr;  // one of `sources`; nullptr: in none
    uint32_t position = 0;
  };
  std::vector<const Segment*> sources;
  // Where the row at a position of the new segment is already, with the same vector. Threads: may
  // be called concurrently.
  std::function<Place(uint32_t)> place_of;
};

struct SegmentOptions {
  Kind kind = Kind::kHnsw;
  Quantization quantization = Quantization::kNone;
  Rescoring rescoring;  // of a quantized one, which needs the vectors

  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;  // 1 .. kMaxDimension
  // Of kHnsw only:
  uint32_t hnsw_m = 16;  // 2 .. 128 links a node and level; twice that on the lowest level
  uint32_t ef_construction = 100;  // 1 .. 4096 candidates kept while a node is linked
  // Of kIvf only: 1 .. kMaxLists lists, fewer with fewer rows; 0: the square root of their number.
  uint32_t lists = 0;
  EarlierLists earlier;
  // Of the build, 1 .. kMaxBuildThreads; one builds the same graph every time.
  uint32_t threads = 1;
};

struct Neighbour {
  int64_t row_id;
  float distance;     // on metric.h's scale
  uint32_t position;  // in the segment it came from
};
// Nearest first; equal distances by row id.
inline bool Nearer(const Neighbour& a, const Neighbour& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
}

// What a search did, for whoever wants to know.
struct SearchStats {
  uint64_t distances = 0;   // from the query to rows, of codes where there are codes
  uint64_t rescored = 0;    // of a quantized segment: vectors measured in full
  bool walked = false;      // through a graph
  bool scanned = false;     // every allowed row
  uint32_t lists = 0;       // looked into
  uint32_t lists_left = 0;  // that may have allowed rows, too
};

// Distances from one query to the centres of lists.
struct CentreDistances {
  uint64_t centres = 0;  // IvfLists::centres_id
  std::vector<float> distances;
};

struct SearchOptions {
  uint32_t k = 10;
  uint32_t ef = 64;                      // HNSW: candidates kept; raised to k when smaller
  uint32_t oversample = 0;               // in place of Rescoring::oversample; 0: that one
  uint32_t nprobe = 32;                  // IVF: lists looked into at least
  const PositionSet* allowed = nullptr;  // only these; nullptr: all. Its size() is the segment's
  // Kept from one segment to the next, which may share its lists, when given; of this query alone.
  CentreDistances* centre_distances = nullptr;
  bool exact = false;  // measure every allowed vector, whatever the kind
  // Farther rows need not be found: what somebody else found has k as near as that.
  float bound = std::numeric_limits<float>::infinity();
  SearchStats* stats = nullptr;  // added to, when given
  // Polled by scans, some milliseconds apart, when given; true: kInterrupted is thrown.
  const std::function<bool()>* cancel = nullptr;
};

class Segment {
 public:
  // Builds from row ids (any order, no duplicates) and vectors [row_ids.size(), dimension]; finite,
  // and not zero under cosine (kInvalid otherwise). An empty segment is allowed. `cancel`, when
  // given, is polled: true stops with nullptr.
  static std::shared_ptr<const Segment> Build(const SegmentOptions& options,
                                              std::span<const int64_t> row_ids,
                                              std::span<const float> vectors,
                                              const std::function<bool()>& cancel = {});
  // The same of vectors that lie elsewhere; row ids ascend. A flat segment that keeps codes and
  // lists are made while no more than some thousands a thread, and a sample, are in memory
  // (index/streamed_build.h); for a graph all of them are.
  static std::shared_ptr<const Segment> Build(const SegmentOptions& options,
                                              std::span<const int64_t> row_ids,
                                              const VectorSource& vectors,
                                              const std::function<bool()>& cancel = {});
  virtual ~Segment() = default;

  // At most k neighbours, nearest first; fewer when fewer are allowed, never padded. With few
  // allowed positions an HNSW segment scans them exactly. `query` has `dimension` elements and need
  // not be normalised.
  virtual std::vector<Neighbour> Search(std::span<const float> query,
                                        const SearchOptions& options) const = 0;

  virtual Kind kind() const = 0;
  virtual Quantization quantization() const = 0;
  virtual Metric metric() const = 0;
  virtual uint32_t dimension() const = 0;
  virtual uint32_t size() const = 0;
  virtual int64_t row_id(uint32_t position) const = 0;
  // vector [dimension]; of unit length under cosine, unless it comes from a VectorSource.
  virtual void CopyVector(uint32_t position, float* vector) const = 0;
  virtual std::optional<uint32_t> Find(int64_t row_id) const = 0;  // its position
  virtual uint64_t memory_bytes() const = 0;
  virtual const SegmentData& data() const = 0;  // for who builds another one of it
  // The same segment, with the same arrays; a quantized one reads its vectors from this source.
  virtual std::shared_ptr<const Segment> WithVectors(const Rescoring& rescoring) const = 0;

  // Magic, version, header, row ids, vectors or codes, graph or lists, in checksummed chunks;
  // index/segment_format.h has the bytes.
  virtual void Save(ByteSink& sink) const = 0;
  // `rescoring` as in SegmentOptions; kInvalid when a quantized segment comes without vectors.
  static std::shared_ptr<const Segment> Load(ByteSource& source, const Rescoring& rescoring = {});
};

// A search over an array of vectors without any structure: the newest rows, and the oracle of the
// tests. vectors [row_ids.size(), dimension] raw; allowed as above. Nearest first.
std::vector<Neighbour> ScanNearest(Metric metric, std::span<const float> query,
                                   std::span<const int64_t> row_ids, std::span<const float> vectors,
                                   const SearchOptions& options);

}  // namespace semblance::index
