#include "index/diversify.h"

#include <algorithm>
#include <limits>

#include "index/error.h"
#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr double kChosen = -std::numeric_limits<double>::infinity();

}  // namespace

std::vector<uint32_t> Diversify(const Candidates& candidates, uint32_t k, double diversity,
                                const std::function<bool()>& cancel) {
  const size_t count = candidates.distances.size();
  const size_t dimension = candidates.dimension;
  if (candidates.vectors.size() != count * dimension)
    throw Error(ErrorKind::kInvalid, "as many vectors as distances were expected");
  std::vector<double> relevance(count);
  for (size_t i = 0; i < count; ++i)
    relevance[i] = (1 - diversity) * Score(candidates.metric, candidates.distances[i]);
  std::vector<double> closest(count, kChosen);  // score to the chosen one that is most like it
  std::vector<double> worth = relevance;
  std::vector<float> distances(count);
  std::vector<uint32_t> chosen;
  while (chosen.size() < std::min<size_t>(k, count)) {
    if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "interrupted");
    // The first of the largest: the nearest.
    const auto best =
        static_cast<size_t>(std::max_element(worth.begin(), worth.end()) - worth.begin());
    chosen.push_back(static_cast<uint32_t>(best));
    worth[best] = kChosen;
    const Scorer scorer(candidates.metric,
                        candidates.vectors.subspan(best * dimension, dimension),
                        candidates.vectors.data(), Scorer::Rows::kRaw);
    scorer.Score(0, count, distances.data());
    for (size_t i = 0; i < count; ++i) {
      if (worth[i] == kChosen) continue;
      closest[i] = std::max(closest[i], Score(candidates.metric, distances[i]));
      worth[i] = relevance[i] - diversity * closest[i];
    }
  }
  return chosen;
}

}  // namespace semblance::index
