// Readers of the data sets that the default model learns from. Each gives rows of texts; nothing is
// written.
#pragma once

#include <string>
#include <vector>

#include "engine/training/trainer.h"

namespace semblance::default_model {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

Rows ReadTsv(const std::string& path);  // throws std::runtime_error when it cannot be read

// Sentences i and i + 1 of a text in article order.
Rows NeighbourPairs(const std::string& path);
// WordNet's dict folder.
struct WordNet {
  Rows lemma_gloss;    // a lemma of a synset, its definition
  Rows lemma_lemma;    // two lemmas of one synset
  Rows gloss_example;  // definition, example
};
WordNet ReadWordNet(const std::string& folder);

// score, sentence, sentence. Several files are one set, as the STS protocol concatenates them.
struct StsSet {
  std::string name;
  std::vector<training::ScoredPair> pairs;
};
std::vector<StsSet> ReadStsSets(const std::string& folder);

}  // namespace semblance::default_model
