#include "engine/training/tokenizer_training.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

namespace semblance::training {
namespace {

// Special pieces, and room for a few pieces of more than one character.
constexpr size_t kReservedPieces = 16;

// A prefix of `text` (sentencepiece passes over longer lines, and a prefix is as good for counting
// pieces) that ends between characters, with the bytes replaced that sentencepiece would
// refuse a line for.
std::string Prepared(std::string_view text) {
  size_t length = std::min(text.size(), kTokenizerTextBytes);
  while (length > 0 && length < text.size() &&
         (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;
  std::string line(text.substr(0, length));
  for (char& c : line) {
    if (c == '\0' || c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return line;
}

bool HasVisibleCharacter(const std::string& line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' '; });
}

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::vector<std::string>& lines) : lines_(lines) {}
  bool done() const override { return at_ >= lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  size_t at_ = 0;
};

std::vector<std::string> Sample(const std::vector<std::string_view>& texts, size_t most) {
  std::vector<std::string> lines;
  const size_t count = std::min(texts.size(), most);
  lines.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    std::string line = Prepared(texts[SampledText(i, count, texts.size())]);
    if (HasVisibleCharacter(line)) lines.push_back(std::move(line));
  }
  return lines;
}

// Characters, told apart by their bytes. The trainer needs a piece for each that `coverage` keeps,
// and for no more.
size_t DistinctCharacters(const std::vector<std::string>& lines) {
  std::set<std::string> characters;
  for (const std::string& line : lines) {
    for (size_t begin = 0; begin < line.size();) {
      size_t end = begin + 1;
      while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) ++end;
      characters.insert(line.substr(begin, end - begin));
      begin = end;
    }
  }
  return characters.size();
}

std::string TokenizerConfig() {
  const nlohmann::json config = {
      {"tokenizer_class", "SentencePiece"},
      {"do_lower_case", false},  // the sentencepiece normaliser folds case
      {"pad_token", "<pad>"},
      {"unk_token", "<unk>"},
      {"cls_token", "[CLS]"},
      {"sep_token", "[SEP]"},
      {"mask_token", "[MASK]"}};
  return config.dump(2) + "\n";
}

}  // namespace

void TrainTokenizer(const std::vector<std::string_view>& texts, const Options& options,
                    encoder::ModelPackage* package) {
  const std::vector<std::string> lines = Sample(texts, static_cast<size_t>(options.tokenizer_rows));
  if (lines.empty()) {
    throw encoder::Error(encoder::ErrorKind::kInvalid,
                         "the training query gave no text to make a tokenizer from");
  }
  const auto run = [&](size_t vocab_size, std::string* model) {
    const std::unordered_map<std::string, std::string> arguments = {
        {"model_type", "unigram"},
        {"vocab_size", std::to_string(vocab_size)},
        {"hard_vocab_limit", "false"},
        {"character_coverage", std::to_string(options.character_coverage)},
        {"normalization_rule_name", options.lowercase ? "nmt_nfkc_cf" : "nmt_nfkc"},
        {"pad_id", "0"},
        {"pad_piece", "<pad>"},
        {"unk_id", "1"},
        {"unk_piece", "<unk>"},
        {"bos_id", "2"},
        {"bos_piece", "[CLS]"},
        {"eos_id", "3"},
        {"eos_piece", "[SEP]"},
        {"control_symbols", "[MASK]"},
        {"input_sentence_size", "0"},
        {"num_threads", std::to_string(std::clamp<int64_t>(options.threads, 1, 16))},
        {"train_extremely_large_corpus", "false"},
        {"minloglevel", "3"}};
    Lines iterator(lines);
    return sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, model);
  };
  // The characters of the sample are a bound on the pieces that must be there, after folding too.
  const size_t wanted = static_cast<size_t>(options.vocab_size);
  std::string model;
  auto status = run(wanted, &model);
  if (!status.ok()) {
    status = run(std::max(wanted, DistinctCharacters(lines) + kReservedPieces), &model);
  }
  if (!status.ok() || model.empty()) {
    throw encoder::Error(encoder::ErrorKind::kInvalid,
                         "no tokenizer can be made from this text: " + status.ToString());
  }
  package->Add("tokenizer.model", std::move(model));
  package->Add("tokenizer_config.json", TokenizerConfig());
}

}  // namespace semblance::training
