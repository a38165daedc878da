// Fills a faiss::HNSW, level by level, and copies the links out.
#include <faiss/impl/FaissException.h>
#include <faiss/impl/HNSW.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "index/equal_rows.h"
#include "index/error.h"
#include "index/hnsw_graph.h"
#include "index/hnsw_writer_internal.h"
#include "index/row_measure.h"

namespace semblance::index {
namespace {

// Nodes the calling thread adds between two looks at `cancel`.
constexpr uint32_t kCancelPeriod = 64;
// Starting threads for fewer nodes than this costs more than it brings, and several threads that
// add the first nodes of an empty graph at once do not see each other.
constexpr size_t kParallelFrom = 100;

// Adds the nodes of one level, which no node added before was below.
//
// The threads are our own rather than an OpenMP region's: the count is what was asked for whatever
// OMP_NUM_THREADS says, none stays behind spinning, and an exception reaches the caller.
class LevelBuilder {
 public:
  LevelBuilder(uint32_t threads, const RowMeasure& measure, const std::function<bool()>& cancel,
               faiss::HNSW& hnsw)
      : threads_(threads), measure_(measure), cancel_(cancel), hnsw_(hnsw) {}

  // False when cancelled.
  bool Add(std::span<const int> nodes, int level) {
    next_ = 0;
    const uint32_t threads = nodes.size() < kParallelFrom ? 1 : threads_;
    {
      std::vector<std::jthread> helpers;
      for (uint32_t i = 1; i < threads; ++i) {
        try {
          helpers.emplace_back([this, nodes, level] { Work(nodes, level, false); });
        } catch (const std::system_error&) {
          break;  // no more threads to be had: those that run do the work
        }
      }
      Work(nodes, level, true);
    }
    if (failure_) std::rethrow_exception(failure_);
    return !cancelled_;
  }

 private:
  void Work(std::span<const int> nodes, int level, bool polls) {
    try {
      HnswWriter writer(measure_, hnsw_, locks_);
      for (uint32_t turn = 0; !stop_; ++turn) {
        const size_t i = next_.fetch_add(1);
        if (i >= nodes.size()) return;
        if (polls && cancel_ && turn % kCancelPeriod == 0 && cancel_()) {
          cancelled_ = true;
          stop_ = true;
          return;
        }
        writer.Add(static_cast<uint32_t>(nodes[i]), level);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failure_mu_);
      if (!failure_) failure_ = std::current_exception();
      stop_ = true;
    }
  }

  const uint32_t threads_;
  const RowMeasure& measure_;
  const std::function<bool()>& cancel_;
  faiss::HNSW& hnsw_;
  NodeLocks locks_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  bool cancelled_ = false;  // written by the calling thread alone
  std::mutex failure_mu_;
  std::exception_ptr failure_;  // guarded by failure_mu_ while threads run
};

// Nodes from the highest level down, so that the entry point is settled by the first; shuffled
// within a level, because rows often come in an order of their own (sorted by topic, say) that
// would make long chains.
std::vector<int> InsertionOrder(const std::vector<int>& levels, const std::vector<bool>& follows) {
  std::vector<int> order;
  for (size_t node = 0; node < levels.size(); ++node) {
    if (!follows[node]) order.push_back(static_cast<int>(node));
  }
  std::mt19937 random(789);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return levels[a] > levels[b]; });
  return order;
}

// False when cancelled.
bool AddAll(LevelBuilder& builder, const std::vector<bool>& follows, faiss::HNSW& hnsw) {
  const std::vector<int>& levels = hnsw.levels;
  const std::vector<int> order = InsertionOrder(levels, follows);
  if (order.empty()) return true;
  // The first is of the highest level, so where walks start never changes again.
  hnsw.entry_point = order[0];
  hnsw.max_level = levels[order[0]] - 1;
  for (size_t first = 1; first < order.size();) {
    size_t end = first;
    while (end < order.size() && levels[order[end]] == levels[order[first]]) ++end;
    // FAISS counts levels from one in its table and from zero in its calls.
    const int level = levels[order[first]] - 1;
    if (!builder.Add(std::span(order).subspan(first, end - first), level)) return false;
    first = end;
  }
  return true;
}

// Draws the levels; followers are not linked and need no more than the lowest.
void PrepareLevels(const std::vector<bool>& follows, faiss::HNSW& hnsw) {
  for (bool is_follower : follows) {
    hnsw.levels.push_back(is_follower ? 1 : hnsw.random_level() + 1);
  }
  hnsw.prepare_level_tab(follows.size(), true);
}

// faiss::HNSW keeps a node's lists of all levels together.
void CopyLinks(const faiss::HNSW& hnsw, uint32_t m, HnswGraph& graph) {
  const uint32_t size = static_cast<uint32_t>(hnsw.levels.size());
  graph.m = m;
  graph.entry = hnsw.entry_point < 0 ? kNoLink : static_cast<uint32_t>(hnsw.entry_point);
  graph.levels = BigArray<uint8_t>(size);
  graph.base_links = BigArray<uint32_t>(size_t{size} * 2 * m);
  graph.upper_rows = BigArray<uint32_t>(size);
  for (uint32_t node = 0; node < size; ++node) {
    graph.levels[node] = static_cast<uint8_t>(hnsw.levels[node] - 1);
  }
  graph.upper_links = BigArray<uint32_t>(size_t{NumberUpperRows(graph)} * m);
  for (uint32_t node = 0; node < size; ++node) {
    // -1, FAISS's end of a list, becomes kNoLink.
    const faiss::HNSW::storage_idx_t* links = hnsw.neighbors.data() + hnsw.offsets[node];
    std::copy_n(links, 2 * m, graph.base_links.data() + size_t{node} * 2 * m);
    std::copy_n(links + 2 * m, size_t{graph.levels[node]} * m,
                graph.upper_links.data() + size_t{graph.upper_rows[node]} * m);
  }
}

}  // namespace

bool BuildHnswGraph(const HnswBuildOptions& options, const float* vectors, uint32_t size,
                    const Codes* codes, const std::function<bool()>& cancel, HnswGraph& graph) {
  try {
    faiss::HNSW hnsw(static_cast<int>(options.m));
    hnsw.efConstruction = static_cast<int>(options.ef_construction);
    graph.next_equal = LinkEqualRows(vectors, size, options.dimension);
    std::vector<bool> follows(size, false);
    for (uint32_t next : graph.next_equal.span()) {
      if (next != kNoLink) follows[next] = true;
    }
    PrepareLevels(follows, hnsw);
    const auto measure = codes ? NewCodeMeasure(*codes)
                               : NewVectorMeasure(options.metric, vectors, options.dimension);
    LevelBuilder builder(options.threads, *measure, cancel, hnsw);
    if (!AddAll(builder, follows, hnsw)) return false;
    CopyLinks(hnsw, options.m, graph);
    return true;
  } catch (const faiss::FaissException& error) {
    throw Error(ErrorKind::kLibrary, std::string("FAISS: ") + error.what());
  }
}

}  // namespace semblance::index
