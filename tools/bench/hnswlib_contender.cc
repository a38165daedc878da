#include "tools/bench/library_contenders.h"

#if __has_include(<hnswlib/hnswlib.h>)
#include <hnswlib/hnswlib.h>

#include <atomic>
#include <thread>

#include "tools/bench/stopwatch.h"

namespace semblance::bench {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;

class HnswlibSession final : public Session {
 public:
  explicit HnswlibSession(Graph* graph) : graph_(graph) {}
  std::vector<int64_t> Search(const float* query, const Ask& ask) override {
    graph_->ef_ = ask.ef;  // the same value from each thread
    auto farthest_first = graph_->searchKnn(query, ask.k);
    std::vector<int64_t> row_ids(farthest_first.size());
    for (size_t i = row_ids.size(); i-- > 0; farthest_first.pop()) {
      row_ids[i] = static_cast<int64_t>(farthest_first.top().second);
    }
    return row_ids;
  }

 private:
  Graph* const graph_;
};

class HnswlibContender final : public Contender {
 public:
  explicit HnswlibContender(const GraphOptions& options) : options_(options) {}

  BuildTimes Build(const DataSet& data) override {
    const Stopwatch watch;
    space_ = std::make_unique<hnswlib::InnerProductSpace>(data.dimension);
    graph_ = std::make_unique<Graph>(space_.get(), data.size(), options_.m,
                                     options_.ef_construction);
    graph_->addPoint(data.row(0), 1);
    std::atomic<uint32_t> next{1};
    std::vector<std::jthread> workers;
    for (uint32_t t = 0; t < options_.threads; ++t) {
      workers.emplace_back([&] {
        for (uint32_t i; (i = next.fetch_add(1)) < data.size();) {
          graph_->addPoint(data.row(i), size_t{i} + 1);
        }
      });
    }
    workers.clear();
    BuildTimes times;
    times.build_seconds = watch.Seconds();
    return times;
  }
  std::unique_ptr<Session> NewSession() override {
    return std::make_unique<HnswlibSession>(graph_.get());
  }
  bool has_ef() const override { return true; }

 private:
  const GraphOptions options_;
  std::unique_ptr<hnswlib::InnerProductSpace> space_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace

std::unique_ptr<Contender> NewHnswlibContender(const GraphOptions& options) {
  return std::make_unique<HnswlibContender>(options);
}

}  // namespace semblance::bench

#else

namespace semblance::bench {

std::unique_ptr<Contender> NewHnswlibContender(const GraphOptions&) { return nullptr; }

}  // namespace semblance::bench

#endif
