#include "tools/default_model/retrieval.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "engine/training/measures.h"
#include "tools/default_model/text_sets.h"

namespace semblance::default_model {
namespace {

constexpr size_t kDepth = 10;

// Text to ids and texts, the columns after the first joined.
void Split(const Rows& rows, std::vector<std::string>* ids, std::vector<std::string>* texts) {
  for (const Row& row : rows) {
    ids->push_back(row[0]);
    std::string text;
    for (size_t i = 1; i < row.size(); ++i) text += (i > 1 ? ". " : "") + row[i];
    texts->push_back(text);
  }
}

std::vector<float> Encoded(const encoder::Encoder& model, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return model.Encode(views);
}

// The gain of the first kDepth documents against that of the best order.
double Ndcg(const std::vector<double>& cosines, const std::vector<std::string>& ids,
            const std::set<std::string>& relevant) {
  std::vector<size_t> order(ids.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t depth = std::min(kDepth, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(depth), order.end(),
                    [&](size_t a, size_t b) { return cosines[a] > cosines[b]; });
  double gain = 0, best = 0;
  for (size_t rank = 0; rank < depth; ++rank) {
    const double discount = 1 / std::log2(static_cast<double>(rank) + 2);
    if (relevant.count(ids[order[rank]]) > 0) gain += discount;
    if (rank < relevant.size()) best += discount;
  }
  return gain / best;
}

}  // namespace

RetrievalScore ScoreRetrieval(const encoder::Encoder& model, const std::string& folder) {
  std::vector<std::string> document_ids, documents, query_ids, queries;
  Split(ReadTsv(folder + "/docs.tsv"), &document_ids, &documents);
  Split(ReadTsv(folder + "/queries.tsv"), &query_ids, &queries);
  std::map<std::string, std::set<std::string>> relevant;
  for (const Row& row : ReadTsv(folder + "/qrels.tsv")) {
    if (row.size() >= 3 && std::atoi(row[2].c_str()) >= 1) relevant[row[0]].insert(row[1]);
  }
  const std::vector<float> document_vectors = Encoded(model, documents);
  const std::vector<float> query_vectors = Encoded(model, queries);
  const size_t dimension = model.dimension();
  RetrievalScore score;
  score.documents = documents.size();
  for (size_t q = 0; q < queries.size(); ++q) {
    const auto found = relevant.find(query_ids[q]);
    if (found == relevant.end()) continue;
    std::vector<double> cosines;
    for (size_t d = 0; d < documents.size(); ++d) {
      cosines.push_back(training::Cosine(&query_vectors[q * dimension],
                                         &document_vectors[d * dimension], dimension));
    }
    score.ndcg += Ndcg(cosines, document_ids, found->second);
    ++score.queries;
  }
  if (score.queries > 0) score.ndcg /= static_cast<double>(score.queries);
  return score;
}

}  // namespace semblance::default_model
