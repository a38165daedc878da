// What sqlite-vec's CREATE VIRTUAL TABLE ... USING vec0(...) says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace semblance::cli {

struct Vec0Column {
  enum class Kind { kPrimaryKey, kPartition, kVector, kMetadata, kAuxiliary };
  enum class Element { kFloat32, kInt8, kBit };

  Kind kind = Kind::kMetadata;
  std::string name;
  std::string type;  // TEXT, INTEGER, REAL, BOOLEAN; of an auxiliary one as it is written
  Element element = Element::kFloat32;
  uint64_t dimension = 0;
  std::string metric = "l2";  // l2, cosine or l1
  // Its place among the columns of its kind: the number in its shadow table's name.
  int number = 0;

  uint64_t vector_bytes() const;
};

// Throws std::runtime_error where the statement is none of vec0's.
std::vector<Vec0Column> ParseVec0Definition(const std::string& create_sql);

}  // namespace semblance::cli
