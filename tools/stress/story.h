// What the stressed processes write: transactions that follow from a seed and their number, so that
// whoever knows how many were committed knows every row, without asking the database.
//
//   progress  (number INTEGER)                              the last transaction
//   marks     semblance(tag TEXT, v FLOAT[8], w FLOAT[8])   one of some indexes that are exact
//   texts     semblance(body TEXT EMBED, n INTEGER PARTITION KEY)
//   points    (id INTEGER PRIMARY KEY, v TEXT), shown by `shown`, which has a graph or lists
//
// Vectors are of small whole numbers: their distances are the same whichever kernel computes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace semblance::stress {

struct Row {
  std::string value;  // a vector as JSON, or a text
  std::string note;   // the tag, or n
  bool operator==(const Row&) const = default;
};
using Rows = std::map<int64_t, Row>;

// The rows after some transaction.
struct State {
  Rows marks;
  Rows texts;
  Rows points;
};

class Story {
 public:
  explicit Story(uint64_t seed) : seed_(seed) {}

  std::vector<std::string> Schema() const;
  // The statements of transaction `number`, from 1, between BEGIN and COMMIT.
  std::vector<std::string> Statements(uint64_t number) const;
  // From the state after number - 1 to the state after it.
  void Apply(uint64_t number, State* state) const;
  // A command that changes no row, in some transactions: 'optimize', 'rebuild', …; else empty.
  std::string Command(uint64_t number) const;

  // A vector and a text to search for.
  std::string QueryVector(uint64_t number) const;
  std::string QueryText(uint64_t number) const;

 private:
  struct Change {
    enum class Kind { kPut, kDelete } kind;
    enum class Table { kMarks, kTexts, kPoints } table;
    int64_t row_id;
    Row row;
  };
  std::vector<Change> Changes(uint64_t number) const;

  const uint64_t seed_;
};

}  // namespace semblance::stress
