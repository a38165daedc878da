// How the default model is made: which rows each stage sees, in which order, under which options.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/default_model/leak_filter.h"
#include "tools/default_model/text_sets.h"

namespace semblance::default_model {

struct Folders {
  std::string data;     // wiki_sentences.txt, wiki_title_lead.tsv, wikisplit.tsv, ..., unpacked
  std::string wordnet;  // WordNet's dict folder
  std::string sts;      // evaluation sets: kept out of training, STS-B dev picks the best weights
};

struct Stage {
  std::string name;
  // Shares of the steps; a batch holds rows of one source only, so that its negatives are of the
  // same kind.
  std::map<std::string, double> shares;
  std::string options;  // JSON for the trainer, without base
  int64_t batch = 256;
  int64_t steps = 1000;
};
const std::vector<Stage>& Stages();
const Stage& FindStage(const std::string& name);

// Pairs, laid out batch by batch. Rows that hold an evaluation sentence are left out; `dropped`
// counts them by source.
Rows StageRows(const Stage& stage, const Folders& folders, uint64_t seed,
               std::map<std::string, size_t>* dropped);

}  // namespace semblance::default_model
