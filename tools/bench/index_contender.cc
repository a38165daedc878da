#include <numeric>
#include <span>

#include "index/segment.h"
#include "tools/bench/library_contenders.h"
#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

class IndexSession final : public Session {
 public:
  IndexSession(const index::Segment* segment, Shape shape) : segment_(segment), shape_(shape) {}
  std::vector<int64_t> Search(const float* query, const Ask& ask) override {
    index::SearchOptions options;
    options.k = ask.k;
    options.ef = ask.ef;
    options.exact = shape_ == Shape::kFlat;
    std::vector<int64_t> row_ids;
    for (const index::Neighbour& n :
         segment_->Search({query, segment_->dimension()}, options)) {
      row_ids.push_back(n.row_id);
    }
    return row_ids;
  }

 private:
  const index::Segment* const segment_;
  const Shape shape_;
};

class IndexContender final : public Contender {
 public:
  IndexContender(Shape shape, const GraphOptions& options) : shape_(shape), options_(options) {}

  BuildTimes Build(const DataSet& data) override {
    index::SegmentOptions options;
    options.kind = shape_ == Shape::kFlat ? index::Kind::kFlat : index::Kind::kHnsw;
    options.metric = index::Metric::kCosine;
    options.dimension = data.dimension;
    options.hnsw_m = options_.m;
    options.ef_construction = options_.ef_construction;
    options.threads = options_.threads;
    std::vector<int64_t> row_ids(data.size());
    std::iota(row_ids.begin(), row_ids.end(), int64_t{1});
    const Stopwatch watch;
    segment_ = index::Segment::Build(options, row_ids, data.rows);
    BuildTimes times;
    times.build_seconds = watch.Seconds();
    return times;
  }
  std::unique_ptr<Session> NewSession() override {
    return std::make_unique<IndexSession>(segment_.get(), shape_);
  }
  bool has_ef() const override { return shape_ == Shape::kGraph; }

 private:
  const Shape shape_;
  const GraphOptions options_;
  std::shared_ptr<const index::Segment> segment_;
};

}  // namespace

std::unique_ptr<Contender> NewIndexContender(Shape shape, bool, const GraphOptions& options) {
  return std::make_unique<IndexContender>(shape, options);
}

}  // namespace semblance::bench
