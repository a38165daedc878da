// Files of tokenizers, one damaged at a time, and texts of any bytes.
//
// An input: a byte that chooses the tokenizer, a byte that says how long the text is, the text, and
// then the file that is put in the place of the sound one.
#include "engine/encoder/tokenizer.h"
#include "tests/fuzz/fuzz_target.h"

namespace semblance::fuzz {
namespace {

using encoder::ModelPackage;

struct Kind {
  const char* folder;
  std::vector<std::string> files;
  std::string damaged;
};

const std::vector<Kind>& Kinds() {
  const std::string config = "config.json", settings = "tokenizer_config.json";
  const std::string specials = "special_tokens_map.json";
  static const std::vector<Kind> kinds = {
      {"bert_uncased", {config, settings, specials}, "vocab.txt"},
      {"roberta", {config, settings, specials, "merges.txt"}, "vocab.json"},
      {"roberta", {config, settings, specials, "vocab.json"}, "merges.txt"},
      {"xlm_roberta", {config, settings, specials}, "sentencepiece.bpe.model"},
      {"albert", {config, settings, specials}, "spiece.model"},
      {"bert_cased", {config, specials, "vocab.txt"}, settings},
      {"roberta", {config, settings, "vocab.json", "merges.txt"}, specials},
      {"tokenizer", {settings}, "tokenizer.model"},
      {"mpnet", {config}, "tokenizer.json"},
  };
  return kinds;
}

// A small tokenizer.json, since data/ has none.
constexpr const char* kJson = R"({"version":"1.0","added_tokens":[
 {"id":0,"content":"<s>","special":true},{"id":1,"content":"<pad>","special":true},
 {"id":2,"content":"</s>","special":true},{"id":3,"content":"<unk>","special":true},
 {"id":4,"content":"<mask>","special":true,"lstrip":true}],
 "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
 "strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
 "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]},
 "decoder":{"type":"WordPiece","prefix":"##"},
 "model":{"type":"WordPiece","unk_token":"<unk>","continuing_subword_prefix":"##",
 "max_input_chars_per_word":100,"vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"<mask>":4,
 "the":5,"bridge":6,"##s":7,"a":8}}})";

}  // namespace

std::vector<std::string> Seeds() {
  const std::string text = "The old bridges, na\xC3\xAFve \xE6\x97\xA5 <mask> 1,000";
  std::vector<std::string> seeds;
  for (size_t i = 0; i < Kinds().size(); ++i) {
    const Kind& kind = Kinds()[i];
    std::string seed{static_cast<char>(i), static_cast<char>(text.size())};
    seed += text;
    seed += kind.damaged == "tokenizer.json"
                ? std::string(kJson)
                : DataFile(std::string(kind.folder) + "/" + kind.damaged);
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

namespace {

ModelPackage PackageWith(const Kind& kind, std::string_view damaged) {
  ModelPackage package;
  for (const std::string& file : kind.files) {
    package.Add(file, DataFile(std::string(kind.folder) + "/" + file));
  }
  package.Add(kind.damaged, std::string(damaged));
  return package;
}

void Try(std::string_view input) {
  if (input.size() < 2) return;
  const Kind& kind = Kinds()[static_cast<uint8_t>(input[0]) % Kinds().size()];
  const size_t length = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  const std::string_view text = input.substr(0, length);
  const auto tokenizer = encoder::Tokenizer::Load(PackageWith(kind, input.substr(text.size())));
  for (const uint32_t most : {2u, 16u, 300u}) {
    const std::vector<int32_t> ids = tokenizer->Encode(text, most);
    Expect(ids.size() >= 2 && ids.size() <= most, "more ids than asked for, or no specials");
    for (const int32_t id : ids) {
      Expect(id >= 0 && static_cast<uint32_t>(id) < tokenizer->vocabulary_size(),
             "an id outside the vocabulary");
    }
  }
}

}  // namespace
}  // namespace semblance::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    semblance::fuzz::Try({reinterpret_cast<const char*>(data), size});
  } catch (const semblance::encoder::Error&) {
    // Refused.
  }
  return 0;
}
