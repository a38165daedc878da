// The arguments of CREATE VIRTUAL TABLE … USING semblance(…), parsed and checked.
//
//   column   name TYPE EMBED | name FLOAT[n] | name [TYPE] | +name [TYPE]        one EMBED or
//   FLOAT[n] column exactly option   key=value, at the end of a column's text or an argument of its
//   own
//
// Types of metadata and auxiliary columns: TEXT, INTEGER, REAL, BOOLEAN, BLOB, NUMERIC or none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/collection.h"

namespace semblance::sql {

struct TableColumn {
  enum class Role { kText, kVector, kMetadata, kAuxiliary };  // kText: EMBED
  std::string name;
  std::string type;  // as SQLite shall see it
  Role role = Role::kMetadata;
};

struct TableSchema {
  std::vector<TableColumn> columns;
  size_t vector_column = 0;  // position of the EMBED or FLOAT[n] column
  uint32_t dimension = 0;    // of FLOAT[n]; 0: the model's
  std::string model = "default";
  index::Metric metric = index::Metric::kCosine;
  index::Kind kind = index::Kind::kHnsw;
  uint32_t hnsw_m = 16;
  uint32_t ef_construction = 100;
  uint32_t ef = 64;
  index::Quantization quantization = index::Quantization::kNone;
  uint32_t oversample = 4;

  bool embeds() const { return columns[vector_column].role == TableColumn::Role::kText; }
  // Position of a column in the content table's values; -1 for a vector column, which is not there.
  int ContentIndex(size_t column) const;
};

// Whether a table of these columns may have this name; throws kInvalid when a column is called so.
void CheckTableName(const std::string& table, const TableSchema& schema);

// Throws engine::Error kInvalid that names the argument, what was expected and the nearest valid
// name.
TableSchema ParseTableSchema(const std::string& table, std::span<const char* const> arguments);

}  // namespace semblance::sql
