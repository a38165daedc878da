#include "engine/training/checkpoint.h"

#include <xxhash.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/encoder/safetensors.h"
#include "engine/training/random.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;
using nlohmann::json;

constexpr int kFormat = 1;
constexpr const char* kState = "checkpoint.json";
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kFirst = "first.safetensors";
constexpr const char* kSecond = "second.safetensors";
constexpr const char* kBest = "best.safetensors";
constexpr std::string_view kTokenizer = "tokenizer-";

uint64_t Hash(uint64_t hash, std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
}

std::string Hex(uint64_t hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[hash >> shift & 15];
  return text;
}

std::string Tensors(const Weights& weights) {
  std::map<std::string, encoder::TensorValues> tensors;
  for (const auto& [name, tensor] : weights) tensors[name] = {tensor.shape, tensor.values};
  return encoder::WriteSafeTensors(tensors, encoder::DType::kF32);
}

Weights Tensors(std::string_view bytes) {
  Weights weights;
  const auto file = encoder::SafeTensors::Parse(bytes);
  for (const auto& [name, tensor] : file.tensors()) {
    weights[name] = {tensor.shape, tensor.ToFloats()};
  }
  return weights;
}

// JSON has no NaN, and writes null for it.
double Number(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

json ToJson(const Checkpoint& checkpoint) {
  const Beginning& beginning = checkpoint.beginning;
  const Progress& progress = checkpoint.loop.progress;
  return {{"format", kFormat},
          {"options", beginning.options},
          {"base", beginning.base},
          {"dev", beginning.dev},
          {"eval_pairs", beginning.eval_pairs},
          {"rows", beginning.rows},
          {"phase", progress.phase},
          {"step", progress.step},
          {"epoch", progress.batches.epoch},
          {"batch", progress.batches.batch},
          {"seconds", progress.seconds},
          {"masks", progress.masks},
          {"best_score", progress.best_score},
          {"without_better", progress.without_better},
          {"loss", progress.loss},
          {"alignment", progress.alignment},
          {"uniformity", progress.uniformity},
          {"anisotropy", progress.anisotropy},
          {"retrieval", progress.retrieval},
          {"by_tags", progress.by_tags},
          {"sentences_per_second", progress.sentences_per_second},
          {"steps", checkpoint.loop.learner.steps},
          {"dropout", checkpoint.loop.learner.dropout},
          {"evaluation_dropout", checkpoint.loop.learner.evaluation_dropout}};
}

void FromJson(const json& state, Checkpoint* checkpoint) {
  if (state.at("format") != kFormat) {
    throw Error(ErrorKind::kUnsupported,
                "the checkpoint was written by another version of Semblance, with format " +
                    state.at("format").dump() + "; this one reads format " +
                    std::to_string(kFormat));
  }
  Beginning& beginning = checkpoint->beginning;
  Progress& progress = checkpoint->loop.progress;
  state.at("options").get_to(beginning.options);
  state.at("base").get_to(beginning.base);
  state.at("dev").get_to(beginning.dev);
  beginning.eval_pairs = state.value("eval_pairs", "");
  state.at("rows").get_to(beginning.rows);
  state.at("phase").get_to(progress.phase);
  state.at("step").get_to(progress.step);
  state.at("epoch").get_to(progress.batches.epoch);
  state.at("batch").get_to(progress.batches.batch);
  state.at("masks").get_to(progress.masks);
  state.at("without_better").get_to(progress.without_better);
  progress.seconds = Number(state.at("seconds"));
  progress.best_score = Number(state.at("best_score"));
  progress.loss = Number(state.at("loss"));
  progress.alignment = Number(state.at("alignment"));
  progress.uniformity = Number(state.at("uniformity"));
  progress.anisotropy = Number(state.at("anisotropy"));
  progress.retrieval = Number(state.value("retrieval", json()));
  progress.by_tags = state.value("by_tags", "");
  progress.sentences_per_second = Number(state.at("sentences_per_second"));
  state.at("steps").get_to(checkpoint->loop.learner.steps);
  state.at("dropout").get_to(checkpoint->loop.learner.dropout);
  state.at("evaluation_dropout").get_to(checkpoint->loop.learner.evaluation_dropout);
}

}  // namespace

std::string HashOf(const std::vector<ScoredPair>& dev) {
  uint64_t hash = dev.size();
  for (const ScoredPair& pair : dev) {
    hash = Hash(Hash(hash, pair.a), pair.b);
    hash = Hash(hash, json(pair.score).dump());
  }
  return Hex(hash);
}

std::string HashOf(const std::vector<TaggedPair>& pairs) {
  if (pairs.empty()) return "";
  uint64_t hash = pairs.size();
  for (const TaggedPair& pair : pairs) {
    for (const std::string* text : {&pair.a, &pair.b, &pair.tag_a, &pair.tag_b}) {
      hash = Hash(hash, *text);
    }
  }
  return Hex(hash);
}

std::string HashOf(const Corpus& corpus) {
  return Hex(Mix(corpus.hash() ^ static_cast<uint64_t>(corpus.columns())));
}

void CheckSame(const Beginning& then, const Beginning& now) {
  const auto fail = [](const std::string& what) {
    throw Error(ErrorKind::kInvalid, "the run cannot go on: " + what +
                                         ". Give what it was begun with, or leave out \"resume\" "
                                         "to begin anew");
  };
  const json before = json::parse(then.options, nullptr, false);
  const json after = json::parse(now.options, nullptr, false);
  // What the version that wrote the checkpoint did not know yet was as it is without being given.
  const json unsaid = json::parse(OptionsToJson(Options()));
  for (const auto& [name, value] : after.items()) {
    if (name == "report_every" || name == "checkpoint_every") continue;
    const json was = before.is_object() ? before.value(name, unsaid.at(name)) : json();
    if (was != value) fail("option \"" + name + "\" was " + was.dump() + " and is " + value.dump());
  }
  if (then.base != now.base) fail("the base model is another one");
  if (then.dev != now.dev) fail("the dev query gives other pairs than then");
  if (then.eval_pairs != now.eval_pairs) fail("eval_pairs gives other pairs than then");
  if (!then.rows.empty() && !now.rows.empty() && then.rows != now.rows) {
    fail("the training query gives other rows than then");
  }
}

encoder::ModelPackage WriteCheckpoint(const Checkpoint& checkpoint) {
  encoder::ModelPackage files;
  files.Add(kState, ToJson(checkpoint).dump());
  files.Add(kWeights, Tensors(checkpoint.loop.learner.weights));
  files.Add(kFirst, Tensors(checkpoint.loop.learner.first));
  files.Add(kSecond, Tensors(checkpoint.loop.learner.second));
  if (!checkpoint.loop.best.empty()) files.Add(kBest, Tensors(checkpoint.loop.best));
  for (const auto& [name, bytes] : checkpoint.tokenizer.files()) {
    files.Add(std::string(kTokenizer) + name, std::string(bytes));
  }
  return files;
}

Checkpoint ReadCheckpoint(const encoder::ModelPackage& files) {
  Checkpoint checkpoint;
  try {
    FromJson(json::parse(files.File(kState)), &checkpoint);
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kCorruption, std::string("the checkpoint is damaged: ") + error.what());
  }
  checkpoint.loop.learner.weights = Tensors(files.File(kWeights));
  checkpoint.loop.learner.first = Tensors(files.File(kFirst));
  checkpoint.loop.learner.second = Tensors(files.File(kSecond));
  if (files.Has(kBest)) checkpoint.loop.best = Tensors(files.File(kBest));
  for (const auto& [name, bytes] : files.files()) {
    if (!name.starts_with(kTokenizer)) continue;
    checkpoint.tokenizer.Add(name.substr(kTokenizer.size()), std::string(bytes));
  }
  return checkpoint;
}

}  // namespace semblance::training
