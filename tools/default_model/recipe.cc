#include "tools/default_model/recipe.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "engine/training/random.h"

namespace semblance::default_model {
namespace {

using training::Random;

constexpr uint64_t kMixStream = 0x6d6978;
// A longer text says more than one vector of this size holds; sentences beyond are cut by the
// tokenizer anyway.
constexpr size_t kLongestText = 600;

Rows FirstTwo(const Rows& rows) {
  Rows pairs;
  for (const Row& row : rows) {
    if (row.size() >= 2) pairs.push_back({row[0], row[1]});
  }
  return pairs;
}

// Rows of any number of texts that say the same: a new pair of them each time round.
Rows PairsOfGroups(const Rows& groups, int rounds, Random* random) {
  Rows pairs;
  for (int round = 0; round < rounds; ++round) {
    Rows shuffled = groups;
    random->Shuffle(&shuffled);
    for (Row& group : shuffled) {
      if (group.size() < 2) continue;
      random->Shuffle(&group);
      pairs.push_back({group[0], group[1]});
    }
  }
  return pairs;
}

// Two queries of one intent.
Rows IntentPairs(const Rows& rows, Random* random) {
  std::map<std::string, Row> intents;
  for (const Row& row : rows) {
    if (row.size() >= 2) intents[row[0]].push_back(row[1]);
  }
  Rows groups;
  for (auto& [intent, queries] : intents) groups.push_back(std::move(queries));
  return PairsOfGroups(groups, 20, random);
}

Rows ReadSource(const std::string& name, const Folders& folders, Random* random) {
  if (name == "neighbours") return NeighbourPairs(folders.data + "/wiki_sentences.txt");
  if (name == "title_lead") return FirstTwo(ReadTsv(folders.data + "/wiki_title_lead.tsv"));
  if (name == "wikisplit") return FirstTwo(ReadTsv(folders.data + "/wikisplit.tsv"));
  if (name == "snli") return FirstTwo(ReadTsv(folders.data + "/snli_triplets.tsv"));
  if (name == "coco")
    return PairsOfGroups(ReadTsv(folders.data + "/coco_captions.tsv"), 20, random);
  if (name == "banking") return IntentPairs(ReadTsv(folders.data + "/banking77.tsv"), random);
  WordNet wordnet = ReadWordNet(folders.wordnet);
  if (name == "lemma_gloss") return std::move(wordnet.lemma_gloss);
  if (name == "lemma_lemma") return std::move(wordnet.lemma_lemma);
  if (name == "gloss_example") return std::move(wordnet.gloss_example);
  throw std::runtime_error("no source is called " + name);
}

size_t RemoveLeaks(const LeakFilter& filter, Rows* rows) {
  return std::erase_if(*rows, [&](const Row& row) {
    return std::any_of(row.begin(), row.end(),
                       [&](const std::string& text) { return filter.Leaks(text); });
  });
}

// `count` rows, going round as often as needed, in a new order each time. Captions are in a random
// order of images already, and must stay so: one image once a batch.
Rows Cycle(Rows rows, size_t count, bool keep_order, Random* random) {
  Rows out;
  if (rows.empty()) throw std::runtime_error("a source is empty");
  if (!keep_order) random->Shuffle(&rows);
  while (out.size() < count) {
    for (size_t i = 0; i < rows.size() && out.size() < count; ++i) {
      Row row = rows[i];
      for (std::string& text : row) {
        if (text.size() > kLongestText) text.resize(kLongestText);
      }
      out.push_back(std::move(row));
    }
    if (!keep_order) random->Shuffle(&rows);
  }
  return out;
}

}  // namespace

const std::vector<Stage>& Stages() {
  static const auto* const stages = new std::vector<Stage>{
      // A bag of tokens, from neighbouring sentences: which words go together.
      {"bag",
       {{"neighbours", 1}},
       R"({"layers":0,"hidden":256,"heads":4,"vocab_size":16000,"max_length":64,)"
       R"("tokenizer_rows":200000,"temperature":0.06,"lr":2e-3,"dropout":0,"weight_decay":0,)"
       R"("warmup":0.05})",
       512,
       3000},
      // The same, from texts that say the same thing.
      {"pairs",
       {{"snli", 2},
        {"coco", 4},
        {"wikisplit", 2},
        {"lemma_gloss", 4},
        {"lemma_lemma", 1},
        {"gloss_example", 1},
        {"title_lead", 1},
        {"neighbours", 3},
        {"banking", 0.3}},
       R"({"temperature":0.05,"lr":2e-3,"dropout":0.1,"sym":true,"weight_decay":0,"warmup":0.05})",
       256,
       10000},
      // Word order and context on top; as far as it was tried, no better than the bag (model card).
      {"layers",
       {{"snli", 2},
        {"coco", 4},
        {"wikisplit", 2},
        {"lemma_gloss", 4},
        {"lemma_lemma", 1},
        {"gloss_example", 1},
        {"title_lead", 1},
        {"neighbours", 6},
        {"banking", 0.3}},
       R"({"layers":2,"temperature":0.05,"lr":5e-4,"dropout":0.1,"embedding_lr":0.5,)"
       R"("warmup":0.05})",
       192,
       1000}};
  return *stages;
}

const Stage& FindStage(const std::string& name) {
  for (const Stage& stage : Stages()) {
    if (stage.name == name) return stage;
  }
  throw std::runtime_error("no stage is called " + name);
}

Rows StageRows(const Stage& stage, const Folders& folders, uint64_t seed,
               std::map<std::string, size_t>* dropped) {
  Random random(seed, kMixStream);
  const LeakFilter filter(folders.sts);
  double all = 0;
  for (const auto& [name, share] : stage.shares) all += share;
  std::vector<Rows> batches;
  for (const auto& [name, share] : stage.shares) {
    Rows rows = ReadSource(name, folders, &random);
    (*dropped)[name] = RemoveLeaks(filter, &rows);
    const auto count = static_cast<size_t>(share / all * static_cast<double>(stage.steps) + 0.5);
    Rows taken = Cycle(std::move(rows), count * static_cast<size_t>(stage.batch),
                       name == "coco" || name == "banking", &random);
    for (size_t i = 0; i < count; ++i) {
      const auto begin =
          taken.begin() + static_cast<std::ptrdiff_t>(i * static_cast<size_t>(stage.batch));
      batches.emplace_back(std::make_move_iterator(begin),
                           std::make_move_iterator(begin + stage.batch));
    }
  }
  random.Shuffle(&batches);
  Rows out;
  for (Rows& batch : batches) {
    for (Row& row : batch) out.push_back(std::move(row));
  }
  return out;
}

}  // namespace semblance::default_model
