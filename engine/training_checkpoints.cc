#include "engine/training_checkpoints.h"

#include <nlohmann/json.hpp>
#include <string>

#include "engine/error.h"
#include "engine/families.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

using nlohmann::json;

std::string Key(uint64_t run) {
  std::string key = "checkpoint/";
  storage::AppendU64(&key, run);
  return key;
}

[[noreturn]] void Damaged(uint64_t run) {
  throw Error(ErrorKind::kCorruption, "the checkpoint of training run " + std::to_string(run) +
                                          " is damaged; train without \"resume\" to begin anew");
}

std::string ReadText(storage::BlobReader* blob, uint64_t bytes) {
  std::string text(bytes, '\0');
  blob->Read(text.data(), text.size());
  return text;
}

}  // namespace

// The blob: u64 length of a JSON header {"reports": n, "files": [[name, bytes], ...]}, the header,
// the files' bytes one after another.
void TrainingCheckpoints::Save(uint64_t run, const TrainingCheckpoint& checkpoint) {
  json files = json::array();
  for (const auto& [name, bytes] : checkpoint.files.files()) files.push_back({name, bytes.size()});
  const std::string header = json({{"reports", checkpoint.reports}, {"files", files}}).dump();
  std::string length;
  storage::AppendU64(&length, header.size());
  const auto blob = store_->NewBlob(kRuns, Key(run));
  blob->Write(length);
  blob->Write(header);
  for (const auto& [name, bytes] : checkpoint.files.files()) blob->Write(bytes);
  blob->Finish();
}

bool TrainingCheckpoints::Has(uint64_t run) const {
  return store_->OpenBlob(kRuns, Key(run)) != nullptr;
}

std::optional<TrainingCheckpoint> TrainingCheckpoints::Load(uint64_t run) const {
  const auto blob = store_->OpenBlob(kRuns, Key(run));
  if (blob == nullptr) return std::nullopt;
  constexpr uint64_t kLength = sizeof(uint64_t);
  uint64_t left = blob->size();
  if (left < kLength) Damaged(run);
  left -= kLength;
  const std::string length = ReadText(blob.get(), kLength);
  std::string_view rest = length;
  const uint64_t header_bytes = storage::TakeU64(&rest);
  if (header_bytes > left) Damaged(run);
  left -= header_bytes;
  const json header = json::parse(ReadText(blob.get(), header_bytes), nullptr, false);
  TrainingCheckpoint checkpoint;
  try {
    header.at("reports").get_to(checkpoint.reports);
    for (const json& file : header.at("files")) {
      const auto bytes = file.at(1).get<uint64_t>();
      if (bytes > left) Damaged(run);
      left -= bytes;
      checkpoint.files.Add(file.at(0).get<std::string>(), ReadText(blob.get(), bytes));
    }
  } catch (const json::exception&) {
    Damaged(run);
  }
  return checkpoint;
}

void TrainingCheckpoints::Remove(uint64_t run) {
  if (Has(run)) store_->DeleteBlob(kRuns, Key(run));
}

}  // namespace semblance::engine
