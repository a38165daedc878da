#include "engine/encoder/sentencepiece_model.h"

#include <bit>
#include <cmath>

#include "engine/encoder/charsmap.h"
#include "engine/encoder/wire.h"

namespace semblance::encoder {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr uint32_t kMostPieces = 1u << 21;
// The library notes the pieces that begin at one place in arrays of these lengths, one entry a
// prefix.
constexpr size_t kLongestPiece = 1024;
constexpr size_t kLongestUserPiece = 64;

// Field numbers of sentencepiece_model.proto.
namespace model {
enum : uint32_t { kPieces = 1, kTrainer = 2, kNormalizer = 3, kSelfTest = 4, kDenormalizer = 5 };
}
namespace piece {
enum : uint32_t { kText = 1, kScore = 2, kType = 3 };
enum : uint64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};
}  // namespace piece
namespace trainer {
enum : uint32_t { kModelType = 3 };
enum : uint64_t { kUnigram = 1, kBpe = 2, kWord = 3, kCharacter = 4 };
}  // namespace trainer
namespace normalizer {
enum : uint32_t { kCharsmap = 2 };
}

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, message);
}

std::string_view BytesOf(const WireField& field) {
  if (field.type != WireField::Type::kBytes) Corrupt("a field has another type than it should");
  return field.bytes;
}

uint64_t NumberOf(const WireField& field, WireField::Type type) {
  if (field.type != type) Corrupt("a field has another type than it should");
  return field.value;
}

void AddPiece(std::string_view message, SentencePieceModel* found) {
  std::string_view text;
  uint64_t type = piece::kNormal;
  WireReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == piece::kText) text = BytesOf(*field);
    if (field->number == piece::kType) type = NumberOf(*field, WireField::Type::kVarint);
    if (field->number == piece::kScore) {
      const auto bits = static_cast<uint32_t>(NumberOf(*field, WireField::Type::kFixed32));
      if (!std::isfinite(std::bit_cast<float>(bits))) Corrupt("a score is not a number");
    }
  }
  const size_t longest = type == piece::kUserDefined ? kLongestUserPiece : kLongestPiece;
  if (text.empty() || text.size() > longest || text.find('\0') != std::string_view::npos) {
    Corrupt("a piece is empty, too long or contains NUL");
  }
  if (type < piece::kNormal || type > piece::kByte) Corrupt("a piece has an unknown type");
  const auto id = static_cast<int32_t>(found->piece_count++);
  if (found->piece_count > kMostPieces) Corrupt("too many pieces");
  if (type == piece::kUnknown) found->unk_id = id;
  if (type == piece::kUnknown || type == piece::kControl) found->reserved.emplace(text, id);
}

void CheckTrainer(std::string_view message) {
  uint64_t type = trainer::kUnigram;
  WireReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == trainer::kModelType) type = NumberOf(*field, WireField::Type::kVarint);
  }
  if (type == trainer::kUnigram || type == trainer::kBpe) return;
  if (type == trainer::kWord || type == trainer::kCharacter) {
    throw Error(ErrorKind::kUnsupported,
                "a model of words or characters; unigram and BPE are supported");
  }
  Corrupt("unknown kind of model");
}

void CheckNormalizer(std::string_view message) {
  WireReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == normalizer::kCharsmap && !IsSoundCharsmap(BytesOf(*field))) {
      Corrupt("the table of its normalisation rules is broken");
    }
  }
}

}  // namespace

SentencePieceModel CheckSentencePieceModel(std::string_view bytes) {
  if (bytes.size() > kMostBytes) Corrupt("too large");
  SentencePieceModel found;
  WireReader reader(bytes);
  while (const auto field = reader.Next()) {
    switch (field->number) {
      case model::kPieces:
        AddPiece(BytesOf(*field), &found);
        break;
      case model::kTrainer:
        CheckTrainer(BytesOf(*field));
        break;
      case model::kNormalizer:
      case model::kDenormalizer:
        CheckNormalizer(BytesOf(*field));
        break;
      default:
        break;
    }
  }
  if (found.unk_id < 0) Corrupt("it has no piece for the unknown");
  return found;
}

}  // namespace semblance::encoder
