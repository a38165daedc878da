#include "index/segment.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "index/hnsw_walk.h"
#include "index/rescorer.h"
#include "index/scan.h"
#include "index/segment_data.h"
#include "index/segment_format.h"
#include "index/streamed_build.h"

namespace semblance::index {
namespace {

// Whether to measure the `count` allowed rows out of `size` rather than to walk: when it costs
// less. A walk that keeps ef candidates of which one in size / count is allowed opens about ef *
// size / count nodes, each for the price of kRowsPerNode rows of a scan.
//
// A graph linked by the inner product, which is no metric, leads to the long vectors; behind a
// filter of a quarter walks found 0.93 to 0.98 of the nearest, of a sixth 0.85 to 0.95, and a
// larger ef did not help. So there the scan starts at a third, whatever it costs.
bool ScanIsBetter(Metric metric, uint64_t count, uint64_t size, uint64_t ef) {
  // Where both took 0.94 ms: 18,000 allowed rows of 100,000 x 384, ef 64.
  constexpr uint64_t kRowsPerNode = 48;
  if (metric == Metric::kInnerProduct && count * 3 <= size) return true;
  return count * count <= kRowsPerNode * std::min(ef, size) * size;
}

// From this dimension on graphs are built over 8-bit codes. Below, codes are too coarse for rows
// that lie close together, and hardly smaller than the vectors.
constexpr uint32_t kCodesFrom = 64;

class StoredSegment final : public Segment {
 public:
  StoredSegment(SegmentData data, const Rescoring& rescoring)
      : StoredSegment(std::make_shared<const SegmentData>(std::move(data)), rescoring) {}
  StoredSegment(std::shared_ptr<const SegmentData> data, const Rescoring& rescoring)
      : shared_data_(std::move(data)),
        data_(*shared_data_),
        // Of one that has its vectors nothing else is kept alive.
        rescoring_(quantized() ? rescoring : Rescoring{}) {
    if (quantized() && (!rescoring_.vectors || rescoring_.oversample == 0)) {
      throw Error(
          ErrorKind::kInvalid,
          "a quantized segment needs a source of its vectors and an oversample of 1 or more");
    }
  }

  std::vector<Neighbour> Search(std::span<const float> query,
                                const SearchOptions& options) const override {
    if (query.size() != data_.dimension) {
      throw Error(ErrorKind::kInvalid, "the query has " + std::to_string(query.size()) +
                                           " elements, the segment's vectors have " +
                                           std::to_string(data_.dimension));
    }
    CheckAllowed(options.allowed, size());
    if (data_.codes) return SearchCodes(CodeScorer(*data_.codes, query), query, options);
    if (data_.product) {
      const ProductScorer scorer(*data_.product, *data_.lists, data_.metric, query);
      return SearchCodes(scorer, query, options);
    }
    const Scorer scorer(data_.metric, query, data_.vectors.data(), Scorer::Rows::kUnit);
    return Nearest(scorer, query, options);
  }

  Kind kind() const override {
    return data_.graph ? Kind::kHnsw : data_.lists ? Kind::kIvf : Kind::kFlat;
  }
  Quantization quantization() const override { return data_.quantization(); }
  Metric metric() const override { return data_.metric; }
  uint32_t dimension() const override { return data_.dimension; }
  uint32_t size() const override { return data_.size(); }
  int64_t row_id(uint32_t position) const override { return data_.row_ids[position]; }
  void CopyVector(uint32_t position, float* vector) const override {
    if (quantized()) {
      rescoring_.vectors->Read({&position, 1}, data_.row_ids.span().subspan(position, 1), vector);
    } else {
      const size_t row = data_.lists ? data_.lists->slots[position] : position;
      std::copy_n(data_.vectors.data() + row * data_.dimension, data_.dimension, vector);
    }
  }
  std::optional<uint32_t> Find(int64_t row_id) const override {
    const std::span<const int64_t> ids = data_.row_ids.span();
    const auto found = std::lower_bound(ids.begin(), ids.end(), row_id);
    if (found == ids.end() || *found != row_id) return std::nullopt;
    return static_cast<uint32_t>(found - ids.begin());
  }
  uint64_t memory_bytes() const override {
    return sizeof(*this) + data_.row_ids.bytes() + data_.vectors.bytes() +
           (data_.codes ? data_.codes->bytes() : 0) + (data_.product ? data_.product->bytes() : 0) +
           (data_.graph ? data_.graph->bytes() : 0) + (data_.lists ? data_.lists->bytes() : 0);
  }
  const SegmentData& data() const override { return data_; }
  std::shared_ptr<const Segment> WithVectors(const Rescoring& rescoring) const override {
    return std::make_shared<StoredSegment>(shared_data_, rescoring);
  }
  void Save(ByteSink& sink) const override { WriteSegment(data_, sink); }

 private:
  bool quantized() const { return quantization() != Quantization::kNone; }

  std::vector<Neighbour> Nearest(const ProductScorer& scorer, std::span<const float> query,
                                 const SearchOptions& options) const {
    return SearchLists(*data_.lists, data_.metric, query, scorer, data_.row_ids.span(), options);
  }
  // By a walk where there is a graph and it pays, in lists where there are some, else by a scan.
  template <typename AnyScorer>
  std::vector<Neighbour> Nearest(const AnyScorer& scorer, std::span<const float> query,
                                 const SearchOptions& options) const {
    if (options.k == 0) return {};
    if (data_.lists) {
      return SearchLists(*data_.lists, data_.metric, query, scorer, data_.row_ids.span(), options);
    }
    if (data_.graph && !options.exact) {
      const uint32_t count = options.allowed == nullptr ? size() : options.allowed->Count();
      if (!ScanIsBetter(data_.metric, count, size(), std::max(options.ef, options.k))) {
        Walked walked = Walk(*data_.graph, scorer, data_.row_ids.data(), options);
        if (walked.gave_up || walked.found.size() == std::min(options.k, count))
          return std::move(walked.found);
      }
    }
    return Scan(scorer, data_.row_ids.data(), size(), options);
  }

  template <typename AnyScorer>
  std::vector<Neighbour> SearchCodes(const AnyScorer& scorer, std::span<const float> query,
                                     const SearchOptions& options) const {
    if (options.k == 0) return {};
    Rescorer rescorer(data_.metric, query, *rescoring_.vectors, options);
    if (options.exact) return MeasureAll(options, rescorer);
    SearchOptions wide = options;
    const uint32_t oversample =
        options.oversample == 0 ? rescoring_.oversample : options.oversample;
    wide.k = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{options.k} * oversample, size()));
    // A walk gives no more than it keeps; not even for rescoring shall it keep more than was asked,
    // unless the order that it goes by is so coarse.
    if (quantization() == Quantization::kBinary) {
      wide.ef = std::max(options.ef, wide.k);
    } else if (data_.graph) {
      wide.k = std::min(wide.k, std::max(options.ef, options.k));
    }
    const std::vector<Neighbour> candidates = Nearest(scorer, query, wide);
    const uint32_t count = options.allowed == nullptr ? size() : options.allowed->Count();
    // Where every row is a candidate the answer is exact, and stays so.
    RescoreInOrder(scorer, candidates, options, candidates.size() < count, rescorer);
    return Finished(rescorer, options);
  }

  // Candidates come nearest first by their codes, so that those behind the first few seldom can be
  // among the k nearest: their vectors need not be read.
  template <typename AnyScorer>
  void RescoreInOrder(const AnyScorer& scorer, const std::vector<Neighbour>& candidates,
                      const SearchOptions& options, bool may_skip, Rescorer& rescorer) const {
    const size_t batch = options.k;
    constexpr uint32_t kRowsPerPoll = 1024;
    uint32_t looked_at = 0;
    for (const Neighbour& candidate : candidates) {
      if (++looked_at % kRowsPerPoll == 0) CheckCancel(options);
      if (may_skip) {
        if (rescorer.waiting() >= batch) rescorer.MeasureBatch();
        const uint32_t row =
            data_.lists ? data_.lists->slots[candidate.position] : candidate.position;
        if (!rescorer.MayEnter(scorer.Least(row, candidate.distance))) continue;
      }
      rescorer.Add(candidate.position, candidate.row_id);
    }
  }

  static std::vector<Neighbour> Finished(Rescorer& rescorer, const SearchOptions& options) {
    std::vector<Neighbour> nearest = rescorer.Take();
    if (options.stats != nullptr) options.stats->rescored += rescorer.measured();
    return nearest;
  }

  // Reads every allowed vector.
  std::vector<Neighbour> MeasureAll(const SearchOptions& options, Rescorer& rescorer) const {
    constexpr uint32_t kRowsPerPoll = 1024;
    uint64_t count = 0;
    for (uint32_t position = 0; position < size(); ++position) {
      if (options.allowed != nullptr && !options.allowed->Contains(position)) continue;
      rescorer.Add(position, data_.row_ids[position]);
      if (++count % kRowsPerPoll == 0) CheckCancel(options);
    }
    if (options.stats != nullptr) options.stats->scanned = true;
    return Finished(rescorer, options);
  }

  const std::shared_ptr<const SegmentData> shared_data_;
  const SegmentData& data_;
  const Rescoring rescoring_;
};

void CheckRange(const char* name, uint32_t value, uint32_t least, uint32_t most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorKind::kInvalid, std::string(name) + " is " + std::to_string(value) +
                                       "; expected " + std::to_string(least) + " to " +
                                       std::to_string(most));
}

void CheckOptions(const SegmentOptions& options) {
  CheckRange("the dimension", options.dimension, 1, kMaxDimension);
  if (options.metric > Metric::kInnerProduct) throw Error(ErrorKind::kInvalid, "unknown metric");
  if (options.kind > Kind::kIvf) throw Error(ErrorKind::kInvalid, "unknown kind of segment");
  if (options.quantization > Quantization::kPq) {
    throw Error(ErrorKind::kInvalid, "unknown quantization");
  }
  if (options.quantization == Quantization::kPq && options.kind != Kind::kIvf) {
    throw Error(ErrorKind::kInvalid, "pq is a quantization of lists");
  }
  CheckRange("threads", options.threads, 1, kMaxBuildThreads);
  CheckRange("lists", options.lists, 0, kMaxLists);
  if (options.kind != Kind::kHnsw) return;
  CheckRange("hnsw_m", options.hnsw_m, kMinHnswM, kMaxHnswM);
  CheckRange("ef_construction", options.ef_construction, 1, kMaxEfConstruction);
}

// The order of the row ids; throws for one that is there twice.
std::vector<uint32_t> SortedOrder(std::span<const int64_t> row_ids) {
  std::vector<uint32_t> order(row_ids.size());
  std::iota(order.begin(), order.end(), 0u);
  if (!std::is_sorted(row_ids.begin(), row_ids.end())) {
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return row_ids[a] < row_ids[b]; });
  }
  for (size_t i = 1; i < order.size(); ++i) {
    if (row_ids[order[i]] != row_ids[order[i - 1]]) continue;
    throw Error(ErrorKind::kInvalid,
                "row id " + std::to_string(row_ids[order[i]]) + " occurs twice");
  }
  return order;
}

// Copies in order of row id, checked, and scaled to unit length under cosine.
void CopyRows(std::span<const int64_t> row_ids, std::span<const float> vectors, SegmentData& data) {
  const std::vector<uint32_t> order = SortedOrder(row_ids);
  data.row_ids = BigArray<int64_t>(row_ids.size());
  data.vectors = BigArray<float>(vectors.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const auto row = vectors.subspan(size_t{order[i]} * data.dimension, data.dimension);
    const std::string name = "the vector of row " + std::to_string(row_ids[order[i]]);
    CheckVector(data.metric, row, name.c_str());
    data.row_ids[i] = row_ids[order[i]];
    float* const copy = data.vectors.data() + i * data.dimension;
    std::copy(row.begin(), row.end(), copy);
    if (data.metric == Metric::kCosine) Normalize(copy, data.dimension);
  }
}

// An array in another order, to be read like vectors that lie elsewhere.
class ArrayVectors final : public VectorSource {
 public:
  // order[position]: the row of vectors [n, dimension]; nothing is owned.
  ArrayVectors(std::span<const uint32_t> order, std::span<const float> vectors, uint32_t dimension)
      : order_(order), vectors_(vectors), dimension_(dimension) {}
  void Read(std::span<const uint32_t> positions, std::span<const int64_t>,
            float* out) const override {
    for (size_t i = 0; i < positions.size(); ++i) {
      const auto row = vectors_.subspan(size_t{order_[positions[i]]} * dimension_, dimension_);
      std::copy(row.begin(), row.end(), out + i * dimension_);
    }
  }

 private:
  const std::span<const uint32_t> order_;
  const std::span<const float> vectors_;
  const uint32_t dimension_;
};

std::shared_ptr<const Segment> BuildFromSource(const SegmentOptions& options,
                                               BigArray<int64_t> row_ids,
                                               const VectorSource& vectors,
                                               const std::function<bool()>& cancel) {
  SegmentData data;
  data.metric = options.metric;
  data.dimension = options.dimension;
  data.row_ids = std::move(row_ids);
  if (!BuildStreamed(options, vectors, cancel, data)) return nullptr;
  return std::make_shared<StoredSegment>(std::move(data), options.rescoring);
}

}  // namespace

std::string_view KindName(Kind kind) {
  constexpr std::string_view kNames[] = {"flat", "hnsw", "ivf"};
  return kNames[static_cast<uint8_t>(kind)];
}

std::shared_ptr<const Segment> Segment::Build(const SegmentOptions& options,
                                              std::span<const int64_t> row_ids,
                                              const VectorSource& vectors,
                                              const std::function<bool()>& cancel) {
  CheckOptions(options);
  if (row_ids.size() > kMaxSegmentSize) throw Error(ErrorKind::kInvalid, "too many rows");
  for (size_t i = 1; i < row_ids.size(); ++i) {
    if (row_ids[i - 1] >= row_ids[i]) throw Error(ErrorKind::kInvalid, "row ids do not ascend");
  }
  if (IsStreamed(options)) {
    if (cancel && cancel()) return nullptr;
    BigArray<int64_t> copy(row_ids.size());
    std::copy(row_ids.begin(), row_ids.end(), copy.data());
    return BuildFromSource(options, std::move(copy), vectors, cancel);
  }
  constexpr size_t kBatch = 1024;
  std::vector<float> all(row_ids.size() * options.dimension);
  for (size_t first = 0; first < row_ids.size(); first += kBatch) {
    std::vector<uint32_t> positions(std::min(kBatch, row_ids.size() - first));
    std::iota(positions.begin(), positions.end(), static_cast<uint32_t>(first));
    vectors.Read(positions, row_ids.subspan(first, positions.size()),
                 all.data() + first * options.dimension);
    if (cancel && cancel()) return nullptr;
  }
  return Build(options, row_ids, all, cancel);
}

std::shared_ptr<const Segment> Segment::Build(const SegmentOptions& options,
                                              std::span<const int64_t> row_ids,
                                              std::span<const float> vectors,
                                              const std::function<bool()>& cancel) {
  CheckOptions(options);
  if (row_ids.size() > kMaxSegmentSize || vectors.size() != row_ids.size() * options.dimension) {
    throw Error(ErrorKind::kInvalid, std::to_string(vectors.size()) + " elements for " +
                                         std::to_string(row_ids.size()) + " vectors of dimension " +
                                         std::to_string(options.dimension));
  }
  if (cancel && cancel()) return nullptr;
  if (options.kind == Kind::kIvf) {
    const std::vector<uint32_t> order = SortedOrder(row_ids);
    BigArray<int64_t> sorted(row_ids.size());
    for (size_t i = 0; i < order.size(); ++i) sorted[i] = row_ids[order[i]];
    return BuildFromSource(options, std::move(sorted),
                           ArrayVectors(order, vectors, options.dimension), cancel);
  }
  SegmentData data;
  data.metric = options.metric;
  data.dimension = options.dimension;
  CopyRows(row_ids, vectors, data);
  const auto encode = [&](Quantization quantization) {
    return Encode(data.metric, quantization, data.vectors.data(), data.size(), data.dimension);
  };
  if (options.quantization != Quantization::kNone) data.codes = encode(options.quantization);
  if (options.kind == Kind::kHnsw) {
    data.ef_construction = options.ef_construction;
    data.graph.emplace();
    const HnswBuildOptions build = {options.metric, options.dimension, options.hnsw_m,
                                    options.ef_construction, options.threads};
    std::optional<Codes> temporary;
    const Codes* codes = nullptr;
    if (options.quantization == Quantization::kSq8) {
      codes = &*data.codes;
    } else if (data.dimension >= kCodesFrom) {
      codes = &temporary.emplace(encode(Quantization::kSq8));
    }
    if (!BuildHnswGraph(build, data.vectors.data(), data.size(), codes, cancel, *data.graph)) {
      return nullptr;
    }
  }
  if (data.codes) data.vectors = {};
  return std::make_shared<StoredSegment>(std::move(data), options.rescoring);
}

std::shared_ptr<const Segment> Segment::Load(ByteSource& source, const Rescoring& rescoring) {
  return std::make_shared<StoredSegment>(ReadSegment(source), rescoring);
}

}  // namespace semblance::index
