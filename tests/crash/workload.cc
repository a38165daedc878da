#include "tests/crash/workload.h"

#include <cstring>
#include <random>

namespace semblance::test {
namespace {

constexpr int64_t kRowIds = 40;
constexpr int kDimension = 8;

// Small whole numbers: squared distances are exact in f32, so that order and ties are the same for
// every kernel.
std::string RandomVector(std::mt19937_64* rng) {
  std::string literal = "x'";
  for (int i = 0; i < kDimension; ++i) {
    const float value = static_cast<float>(static_cast<int>((*rng)() % 17) - 8);
    unsigned char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    for (unsigned char byte : bytes) {
      literal += "0123456789abcdef"[byte >> 4];
      literal += "0123456789abcdef"[byte & 15];
    }
  }
  return literal + "'";
}

std::string RandomText(std::mt19937_64* rng) {
  static constexpr const char* kWords[] = {"river",   "stone", "a",     "the",    "walks", "dog",
                                           "music",   "plays", "green", "old",    "house", "boat",
                                           "teacher", "reads", "cold",  "morning"};
  std::string text;
  for (uint64_t count = 3 + (*rng)() % 6; count > 0; --count) {
    text += (text.empty() ? "" : " ") + std::string(kWords[(*rng)() % std::size(kWords)]);
  }
  return "'" + text + "'";
}

}  // namespace

Operations MakeTransaction(Content content, uint64_t seed, uint64_t number) {
  std::seed_seq sequence{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                         static_cast<uint32_t>(number)};
  std::mt19937_64 rng(sequence);
  Operations operations;
  const uint64_t count = 1 + rng() % 6;
  for (uint64_t i = 0; i < count; ++i) {
    Operation operation;
    operation.kind = i == 0 ? Operation::Kind::kReplace : static_cast<Operation::Kind>(rng() % 4);
    operation.row_id = static_cast<int64_t>(rng() % kRowIds) - 3;
    operation.row.tag =
        std::to_string(seed) + "." + std::to_string(number) + "." + std::to_string(i);
    operation.row.content = content == Content::kVectors ? RandomVector(&rng) : RandomText(&rng);
    operations.push_back(std::move(operation));
  }
  return operations;
}

std::string CreateTableSql(Content content) {
  return content == Content::kVectors
             ? "CREATE VIRTUAL TABLE t USING semblance(tag TEXT, v FLOAT[8], w FLOAT[8], "
               "distance_metric=l2)"
             : "CREATE VIRTUAL TABLE t USING semblance(tag TEXT, body TEXT EMBED)";
}

std::string ToSql(Content content, const Operation& operation) {
  const std::string row_id = std::to_string(operation.row_id);
  const std::string tag = "'" + operation.row.tag + "'";
  const std::string& value = operation.row.content;
  const bool vectors = content == Content::kVectors;
  switch (operation.kind) {
    case Operation::Kind::kReplace:
      return "REPLACE INTO t(rowid, tag, " + std::string(vectors ? "v, w" : "body") + ") VALUES(" +
             row_id + ", " + tag + ", " + value + (vectors ? ", " + value : "") + ")";
    case Operation::Kind::kUpdateContent:
      return "UPDATE t SET " + (vectors ? "v = " + value + ", w = " + value : "body = " + value) +
             " WHERE rowid = " + row_id;
    case Operation::Kind::kUpdateTag:
      return "UPDATE t SET tag = " + tag + " WHERE rowid = " + row_id;
    case Operation::Kind::kDelete:
      return "DELETE FROM t WHERE rowid = " + row_id;
  }
  return "";
}

void Apply(const Operations& operations, Rows* rows) {
  for (const Operation& operation : operations) {
    const auto row = rows->find(operation.row_id);
    switch (operation.kind) {
      case Operation::Kind::kReplace:
        (*rows)[operation.row_id] = operation.row;
        break;
      case Operation::Kind::kUpdateContent:
        if (row != rows->end()) row->second.content = operation.row.content;
        break;
      case Operation::Kind::kUpdateTag:
        if (row != rows->end()) row->second.tag = operation.row.tag;
        break;
      case Operation::Kind::kDelete:
        rows->erase(operation.row_id);
        break;
    }
  }
}

}  // namespace semblance::test
