#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <omp.h>

#include "tools/bench/library_contenders.h"
#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

class FaissSession final : public Session {
 public:
  explicit FaissSession(const faiss::Index* index) : index_(index) {}
  std::vector<int64_t> Search(const float* query, const Ask& ask) override {
    std::vector<float> distances(ask.k);
    std::vector<faiss::Index::idx_t> row_ids(ask.k);
    faiss::SearchParametersHNSW parameters;
    parameters.efSearch = static_cast<int>(ask.ef);
    const bool graph = dynamic_cast<const faiss::IndexHNSW*>(index_) != nullptr;
    index_->search(1, query, ask.k, distances.data(), row_ids.data(),
                   graph ? &parameters : nullptr);
    std::vector<int64_t> found;
    for (faiss::Index::idx_t row_id : row_ids) found.push_back(row_id + 1);
    return found;
  }

 private:
  const faiss::Index* const index_;
};

class FaissContender final : public Contender {
 public:
  FaissContender(Shape shape, const GraphOptions& options) : shape_(shape), options_(options) {}

  BuildTimes Build(const DataSet& data) override {
    const int dimension = static_cast<int>(data.dimension);
    omp_set_num_threads(static_cast<int>(options_.threads));
    const Stopwatch watch;
    if (shape_ == Shape::kGraph) {
      auto graph = std::make_unique<faiss::IndexHNSWFlat>(
          dimension, static_cast<int>(options_.m), faiss::METRIC_INNER_PRODUCT);
      graph->hnsw.efConstruction = static_cast<int>(options_.ef_construction);
      index_ = std::move(graph);
    } else {
      index_ = std::make_unique<faiss::IndexFlatIP>(dimension);
    }
    index_->add(data.size(), data.rows.data());
    BuildTimes times;
    times.build_seconds = watch.Seconds();
    omp_set_num_threads(1);
    return times;
  }
  std::unique_ptr<Session> NewSession() override {
    return std::make_unique<FaissSession>(index_.get());
  }
  bool has_ef() const override { return shape_ == Shape::kGraph; }

 private:
  const Shape shape_;
  const GraphOptions options_;
  std::unique_ptr<faiss::Index> index_;
};

}  // namespace

std::unique_ptr<Contender> NewFaissContender(Shape shape, const GraphOptions& options) {
  return std::make_unique<FaissContender>(shape, options);
}

}  // namespace semblance::bench
