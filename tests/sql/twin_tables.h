// A virtual table and an ordinary one with the same rows: what the second says by comparing every
// row is what the first must say.
//
//   t   USING semblance(v FLOAT[d], w FLOAT[d], tag TEXT [PARTITION KEY], n INTEGER, r REAL, u,
//   +extra TEXT) o   (id INTEGER PRIMARY KEY, v, w, tag TEXT, n INTEGER, r REAL, u, extra TEXT) q
//   (id INTEGER PRIMARY KEY, at, lo INTEGER, tag TEXT)         queries, for joins owner  (row
//   INTEGER PRIMARY KEY, who TEXT, tag TEXT)           something to join with
//
// Vectors lie on a grid, where every distance is either the same number in both tables or far from
// it: whole numbers under l2 and ip, directions a third of a step away from any query under cosine.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/sql/test_connection.h"

namespace semblance::test {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename Choices>
  auto Of(const Choices& choices) {
    return *(std::begin(choices) + Between(0, static_cast<int64_t>(std::size(choices)) - 1));
  }

 private:
  std::mt19937_64 random_;
};

struct TwinOptions {
  std::string metric = "l2";  // l2, ip, cosine
  std::string index = "index=flat";  // and other options of the table
  bool partition = false;  // tag is a partition key
  int64_t rows = 60;
  int64_t directions = 72;  // of cosine
};

class TwinTables {
 public:
  TwinTables(TestConnection* connection, TwinOptions options, Dice* dice);

  const TwinOptions& options() const { return options_; }
  TestConnection& connection() { return *connection_; }

  // SQL literals. A row's vector may be NULL; a query's is always a vector.
  std::string RowVector();
  std::string QueryVector();
  // The distance of `vector` from the literal, as the ordinary table counts it.
  std::string Distance(const std::string& vector, const std::string& literal) const;

  // The same statement on both: {} stands for the table's name. They must agree on whether it
  // fails; gives the message of a disagreement, or nothing.
  std::string Change(const std::string& statement);
  // A random INSERT, UPDATE or DELETE of a few rows.
  std::string RandomChange();
  // What differs between all rows of both, or nothing.
  std::string Compare();

 private:
  std::string Direction(double angle) const;
  std::string Whole();
  std::string RandomRow(int64_t row_id);

  TestConnection* const connection_;
  const TwinOptions options_;
  Dice* const dice_;
};

}  // namespace semblance::test
