#include "engine/training/augment.h"

#include <algorithm>

#include "engine/training/masking.h"

namespace semblance::training {
namespace {

constexpr uint64_t kViewStream = 0x76696577;

struct Word {
  size_t begin = 0, end = 0;  // ids of the text
};

// Without the specials at both ends.
std::vector<Word> WordsOf(TokenIds text, const std::vector<bool>& begins) {
  std::vector<Word> words;
  for (size_t at = 1; at + 1 < text.size(); ++at) {
    if (words.empty() || (at < begins.size() && begins[at])) words.push_back({at, at});
    words.back().end = at + 1;
  }
  if (words.size() > 1 || text.size() <= 3) return words;
  words.clear();
  for (size_t at = 1; at + 1 < text.size(); ++at) words.push_back({at, at + 1});
  return words;
}

// Which words stay.
std::vector<bool> Kept(size_t words, const std::string& augment, double rate, Random* random) {
  std::vector<bool> kept(words, true);
  if (augment == "crop") {
    // Rounded up or down by chance, so that the share is right on average for short texts too.
    const auto gone = static_cast<size_t>(rate * static_cast<double>(words) + random->Uniform());
    const size_t stay = words - std::min(gone, words - 1);
    const size_t first = random->Below(words - stay + 1);
    for (size_t i = 0; i < words; ++i) kept[i] = i >= first && i < first + stay;
  } else if (augment == "delete_word") {
    if (words > 1) kept[random->Below(words)] = false;
  } else {
    for (size_t i = 0; i < words; ++i) kept[i] = random->Uniform() >= rate;
    if (std::none_of(kept.begin(), kept.end(), [](bool stays) { return stays; })) {
      kept[random->Below(words)] = true;
    }
  }
  return kept;
}

}  // namespace

bool ChangesWords(const std::string& augment) {
  return augment == "crop" || augment == "delete_words" || augment == "delete_word";
}

std::vector<int32_t> ChangeWords(TokenIds text, const std::vector<bool>& begins,
                                 const std::string& augment, double rate, Random* random) {
  const std::vector<Word> words = WordsOf(text, begins);
  if (words.empty()) return {text.begin(), text.end()};
  const std::vector<bool> kept = Kept(words.size(), augment, rate, random);
  std::vector<int32_t> changed = {text.front()};
  for (size_t i = 0; i < words.size(); ++i) {
    if (!kept[i]) continue;
    for (size_t at = words[i].begin; at < words[i].end; ++at) changed.push_back(text[at]);
  }
  changed.push_back(text.back());
  return changed;
}

Views::Views(const Corpus& corpus, const Options& options, const encoder::SpecialIds& special,
             uint32_t vocabulary_size)
    : corpus_(corpus),
      augment_(options.augment),
      rate_(options.augment_rate),
      seed_(static_cast<uint64_t>(options.seed)),
      special_(special),
      vocabulary_size_(vocabulary_size) {}

std::vector<std::vector<int32_t>> Views::Of(const std::vector<uint32_t>& rows, int64_t step,
                                            Learner* learner) const {
  Random random(seed_, kViewStream + static_cast<uint64_t>(step) * 1000003);
  if (augment_ == "mlm") return Replaced(rows, &random, learner);
  std::vector<std::vector<int32_t>> views;
  for (const uint32_t row : rows) {
    const size_t behind = augment_ == "next_sentence" ? 1 : 0;
    // The last row has none behind it, and is its own.
    Corpus::Row text = corpus_.row(std::min<size_t>(row + behind, corpus_.rows() - 1));
    if (ChangesWords(augment_)) {
      views.push_back(ChangeWords(text.text(0), text.begins(0), augment_, rate_, &random));
    } else {
      views.push_back(std::move(text.ids));
    }
  }
  return views;
}

std::vector<std::vector<int32_t>> Views::Replaced(const std::vector<uint32_t>& rows, Random* random,
                                                  Learner* learner) const {
  std::vector<TokenIds> texts;
  std::vector<Corpus::Row> read;
  for (const uint32_t row : rows) {
    read.push_back(corpus_.row(row));
    texts.push_back(read.back().text(0));
  }
  MaskedSentences masked = MaskTokens(texts, rate_, special_, vocabulary_size_, random);
  const std::vector<int32_t> ids = learner->Predict(masked);
  for (size_t i = 0; i < ids.size(); ++i) {
    masked.sentences[static_cast<size_t>(masked.sentence[i])]
                    [static_cast<size_t>(masked.position[i])] = ids[i];
  }
  return std::move(masked.sentences);
}

}  // namespace semblance::training
