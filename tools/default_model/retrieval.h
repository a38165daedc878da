// How well a model finds documents for queries: nDCG@10 over a judged collection.
#pragma once

#include <string>

#include "engine/encoder/encoder.h"

namespace semblance::default_model {

struct RetrievalScore {
  size_t documents = 0;
  size_t queries = 0;  // those with a relevant document
  double ndcg = 0;  // mean over queries, 0 .. 1; a document of grade 1 or more counts as relevant
};

// `folder` has docs.tsv (id, title, text), queries.tsv (id, text), qrels.tsv (query, document,
// grade). A document is its title and the beginning of its text, as far as the model reads.
RetrievalScore ScoreRetrieval(const encoder::Encoder& model, const std::string& folder);

}  // namespace semblance::default_model
