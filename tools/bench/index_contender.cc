#include <algorithm>
#include <numeric>
#include <span>

#include "index/segment.h"
#include "tools/bench/library_contenders.h"
#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

// Row i + 1 of the data.
class MemoryVectors final : public index::VectorSource {
 public:
  explicit MemoryVectors(const DataSet& data) : data_(data) {}
  void Read(std::span<const uint32_t>, std::span<const int64_t> row_ids,
            float* out) const override {
    for (size_t i = 0; i < row_ids.size(); ++i) {
      std::copy_n(data_.row(static_cast<uint32_t>(row_ids[i] - 1)), data_.dimension,
                  out + i * data_.dimension);
    }
  }

 private:
  const DataSet& data_;
};

class IndexSession final : public Session {
 public:
  explicit IndexSession(const index::Segment* segment) : segment_(segment) {}
  std::vector<int64_t> Search(const float* query, const Ask& ask) override {
    index::SearchOptions options;
    options.k = ask.k;
    options.ef = ask.ef;
    std::vector<int64_t> row_ids;
    for (const index::Neighbour& n :
         segment_->Search({query, segment_->dimension()}, options)) {
      row_ids.push_back(n.row_id);
    }
    return row_ids;
  }

 private:
  const index::Segment* const segment_;
};

class IndexContender final : public Contender {
 public:
  IndexContender(Shape shape, bool quantized, const GraphOptions& options)
      : shape_(shape), quantized_(quantized), options_(options) {}

  BuildTimes Build(const DataSet& data) override {
    index::SegmentOptions options;
    options.kind = shape_ == Shape::kFlat ? index::Kind::kFlat : index::Kind::kHnsw;
    options.metric = index::Metric::kCosine;
    options.dimension = data.dimension;
    options.hnsw_m = options_.m;
    options.ef_construction = options_.ef_construction;
    options.threads = options_.threads;
    if (quantized_) {
      options.quantization = index::Quantization::kSq8;
      options.rescoring.vectors = std::make_shared<MemoryVectors>(data);
    }
    std::vector<int64_t> row_ids(data.size());
    std::iota(row_ids.begin(), row_ids.end(), int64_t{1});
    const Stopwatch watch;
    segment_ = index::Segment::Build(options, row_ids, data.rows);
    BuildTimes times;
    times.build_seconds = watch.Seconds();
    return times;
  }
  std::unique_ptr<Session> NewSession() override {
    return std::make_unique<IndexSession>(segment_.get());
  }
  bool has_ef() const override { return shape_ == Shape::kGraph; }

 private:
  const Shape shape_;
  const bool quantized_;
  const GraphOptions options_;
  std::shared_ptr<const index::Segment> segment_;
};

}  // namespace

std::unique_ptr<Contender> NewIndexContender(Shape shape, bool quantized,
                                             const GraphOptions& options) {
  return std::make_unique<IndexContender>(shape, quantized, options);
}

}  // namespace semblance::bench
