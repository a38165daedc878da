#include "engine/training/corpus_file.h"

#include <cstring>

#include "engine/encoder/error.h"
#include "engine/training/checked_file.h"
#include "engine/training/options_text.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;

constexpr char kMagic[] = "semblance corpus";
constexpr size_t kMagicBytes = sizeof kMagic - 1;
constexpr uint64_t kVersion = 1;

uint64_t Unsigned(int64_t number) { return static_cast<uint64_t>(number); }

// Both ways from one list, so that they cannot differ.
std::vector<int64_t*> Numbers(NetworkShape* shape) {
  return {&shape->layers,     &shape->hidden,    &shape->heads,       &shape->intermediate,
          &shape->vocabulary, &shape->positions, &shape->token_types, &shape->pad_token};
}
std::vector<int32_t*> Numbers(encoder::SpecialIds* special) {
  return {&special->pad, &special->unk, &special->cls, &special->sep, &special->mask};
}

void WriteHead(const CorpusFile& corpus, CheckedWriter* out) {
  out->Bytes(kMagic, kMagicBytes);
  out->Number(kVersion);
  out->Text(OptionsToText(corpus.task.options));
  NetworkShape shape = corpus.task.shape;
  for (const int64_t* number : Numbers(&shape)) out->Number(Unsigned(*number));
  out->Number(shape.mlp_only_train ? 1 : 0);
  out->Real(shape.epsilon);
  out->Text(shape.pooler);
  encoder::SpecialIds special = corpus.task.special;
  for (const int32_t* id : Numbers(&special)) out->Number(Unsigned(*id));
  out->Number(corpus.task.vocabulary_size);
  out->Number(corpus.files.size());
  for (const auto& [name, bytes] : corpus.files) {
    out->Text(name);
    out->Text(bytes);
  }
}

void ReadHead(CheckedReader* in, CorpusFile* corpus) {
  char magic[kMagicBytes];
  in->Bytes(magic, sizeof magic);
  if (std::memcmp(magic, kMagic, kMagicBytes) != 0) in->Corrupt();
  const uint64_t version = in->Number();
  if (version != kVersion) {
    throw Error(ErrorKind::kUnsupported, "the corpus has layout " + std::to_string(version) +
                                             ", and this program reads layout " +
                                             std::to_string(kVersion) +
                                             ": take both of one version");
  }
  corpus->task.options = OptionsFromText(in->Text());
  NetworkShape& shape = corpus->task.shape;
  for (int64_t* number : Numbers(&shape)) *number = static_cast<int64_t>(in->Number());
  shape.mlp_only_train = in->Number() == 1;
  shape.epsilon = in->Real();
  shape.pooler = in->Text();
  for (int32_t* id : Numbers(&corpus->task.special)) *id = static_cast<int32_t>(in->Number());
  corpus->task.vocabulary_size = static_cast<uint32_t>(in->Number());
  for (uint64_t count = in->Count(16); count > 0; --count) {
    const std::string name = in->Text();
    if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') in->Corrupt();
    corpus->files[name] = in->Text();
  }
}

void WriteWeights(const Weights& weights, CheckedWriter* out) {
  out->Number(weights.size());
  for (const auto& [name, tensor] : weights) {
    out->Text(name);
    out->Number(tensor.shape.size());
    for (const int64_t size : tensor.shape) out->Number(Unsigned(size));
    out->Bytes(tensor.values.data(), tensor.values.size() * sizeof(float));
  }
}

// Of the network's shape, and of no other.
Weights ReadWeights(const NetworkShape& shape, CheckedReader* in) {
  for (const int64_t size : {shape.layers, shape.hidden, shape.vocabulary, shape.positions}) {
    if (size < 0 || size > (int64_t{1} << 24)) in->Corrupt();
  }
  const auto shapes = TensorShapes(shape);
  Weights weights;
  if (in->Number() != shapes.size()) in->Corrupt();
  for (size_t i = 0; i < shapes.size(); ++i) {
    const auto expected = shapes.find(in->Text());
    if (expected == shapes.end() || in->Number() != expected->second.size()) in->Corrupt();
    NamedTensor& tensor = weights[expected->first];
    tensor.shape = expected->second;
    size_t count = 1;
    for (const int64_t size : tensor.shape) {
      if (in->Number() != Unsigned(size)) in->Corrupt();
      count *= static_cast<size_t>(size);
    }
    tensor.values.resize(count);
    in->Bytes(tensor.values.data(), count * sizeof(float));
  }
  if (weights.size() != shapes.size()) in->Corrupt();
  return weights;
}

void WritePairs(const Task& task, CheckedWriter* out) {
  out->Number(task.dev.scores.size());
  for (size_t i = 0; i < task.dev.scores.size(); ++i) {
    out->Ids32(task.dev.ids[2 * i]);
    out->Ids32(task.dev.ids[2 * i + 1]);
    out->Real(task.dev.scores[i]);
  }
  const TaggedSet& tagged = task.tagged;
  out->Number(tagged.first.size());
  for (size_t i = 0; i < tagged.first.size(); ++i) {
    out->Ids32(tagged.first[i]);
    out->Ids32(tagged.second[i]);
    out->Text(tagged.first_tags[i]);
    out->Text(tagged.second_tags[i]);
  }
}

void ReadPairs(CheckedReader* in, Task* task) {
  for (uint64_t count = in->Count(24); count > 0; --count) {
    task->dev.ids.push_back(in->Ids32());
    task->dev.ids.push_back(in->Ids32());
    task->dev.scores.push_back(in->Real());
  }
  for (uint64_t count = in->Count(32); count > 0; --count) {
    task->tagged.first.push_back(in->Ids32());
    task->tagged.second.push_back(in->Ids32());
    task->tagged.first_tags.push_back(in->Text());
    task->tagged.second_tags.push_back(in->Text());
  }
}

void WriteRows(const Corpus& corpus, CheckedWriter* out) {
  out->Number(corpus.tag_names().size());
  for (const auto& [first, second] : corpus.tag_names()) {
    out->Text(first);
    out->Text(second);
  }
  const bool marked = corpus.rows() > 0 && !corpus.row(0).words.empty();
  out->Number(corpus.rows());
  out->Number(static_cast<uint64_t>(corpus.columns()));
  out->Number(marked ? 1 : 0);
  for (size_t i = 0; i < corpus.rows(); ++i) {
    const Corpus::Row row = corpus.row(i);
    for (int column = 0; column < corpus.columns(); ++column) out->Ids32(row.text(column));
    out->Bytes(row.words.data(), row.words.size());
    if (!corpus.tag_names().empty()) out->Number(corpus.tag_pair(i));
  }
}

std::unique_ptr<Corpus> ReadRows(CheckedReader* in) {
  std::vector<std::pair<std::string, std::string>> names;
  for (uint64_t count = in->Count(16); count > 0; --count) {
    std::string first = in->Text();
    names.emplace_back(std::move(first), in->Text());
  }
  const uint64_t rows = in->Count(sizeof(uint64_t)), columns = in->Number(), marked = in->Number();
  if (columns < 1 || columns > 3 || marked > 1) in->Corrupt();
  auto corpus = std::make_unique<Corpus>(static_cast<int>(columns));
  for (uint64_t row = 0; row < rows; ++row) {
    std::vector<std::vector<int32_t>> texts;
    for (uint64_t column = 0; column < columns; ++column) texts.push_back(in->Ids32());
    for (const std::vector<int32_t>& ids : texts) {
      std::vector<uint8_t> words(marked == 1 ? ids.size() : 0);
      in->Bytes(words.data(), words.size());
      corpus->Add(ids, {words.begin(), words.end()});
    }
    if (names.empty()) continue;
    const uint64_t tag = in->Number();
    if (tag >= names.size()) in->Corrupt();
    corpus->Tag(names[tag].first, names[tag].second);
  }
  return corpus;
}

// Every id is a row of the embedding table.
void CheckIds(const Task& task, const CheckedReader& in) {
  const auto check = [&](const auto& ids) {
    for (const int32_t id : ids) {
      if (id < 0 || id >= task.shape.vocabulary) in.Corrupt();
    }
    if (ids.empty() || static_cast<int64_t>(ids.size()) > task.shape.positions) in.Corrupt();
  };
  for (const auto& ids : task.dev.ids) check(ids);
  for (const auto& ids : task.tagged.first) check(ids);
  for (const auto& ids : task.tagged.second) check(ids);
  for (size_t i = 0; i < task.corpus->rows(); ++i) {
    const Corpus::Row row = task.corpus->row(i);
    for (int column = 0; column < task.corpus->columns(); ++column) check(row.text(column));
  }
}

}  // namespace

void WriteCorpusFile(const CorpusFile& corpus, const std::string& path) {
  CheckedWriter out(path);
  WriteHead(corpus, &out);
  WriteWeights(corpus.weights, &out);
  WritePairs(corpus.task, &out);
  WriteRows(*corpus.task.corpus, &out);
  out.Finish();
}

CorpusFile ReadCorpusFile(const std::string& path) {
  CheckedReader in(path);
  CorpusFile corpus;
  ReadHead(&in, &corpus);
  corpus.weights = ReadWeights(corpus.task.shape, &in);
  ReadPairs(&in, &corpus.task);
  corpus.task.corpus = ReadRows(&in);
  in.Finish();
  CheckIds(corpus.task, in);
  return corpus;
}

}  // namespace semblance::training
