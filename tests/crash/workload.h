// What the killed process writes, as a function of a seed: the parent, which knows the seed and how
// many commits were acknowledged, works out what must be in the database without asking it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace semblance::test {

enum class Content { kVectors, kTexts };

struct Row {
  std::string tag;
  std::string content;  // as an SQL literal, which is also how TestConnection shows a BLOB
  bool operator==(const Row&) const = default;
};
using Rows = std::map<int64_t, Row>;

struct Operation {
  enum class Kind { kReplace, kUpdateContent, kUpdateTag, kDelete };
  Kind kind;
  int64_t row_id;
  Row row;
};
using Operations = std::vector<Operation>;

// The operations of the `number`-th transaction after a start with `seed`. They suit any state of
// the table; the first is a replacement, so that a transaction always writes.
Operations MakeTransaction(Content content, uint64_t seed, uint64_t number);

std::string CreateTableSql(Content content);
std::string ToSql(Content content, const Operation& operation);
void Apply(const Operations& operations, Rows* rows);

}  // namespace semblance::test
