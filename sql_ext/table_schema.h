// The arguments of CREATE VIRTUAL TABLE … USING semblance(…), parsed and checked.
//
//   column   name TEXT EMBED | name FLOAT[n]         to search by; at least one
//            name [TYPE] [PARTITION KEY]             metadata
//            name INTEGER PRIMARY KEY                the rowid by another name
//            name TEXT PRIMARY KEY                   metadata, in one row only and never NULL
//            +name [TYPE]                            auxiliary
//   option   content=TABLE content_rowid=COLUMN, and what schema_options.cc lists, as key=value: at
//   the end of an EMBED or FLOAT[n] column's text it concerns that column,
//            elsewhere, or as an argument of its own, the whole table
//
// Types of metadata and auxiliary columns: TEXT, INTEGER, REAL, BOOLEAN, BLOB, NUMERIC or none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/collection.h"

namespace semblance::sql {

struct TableColumn {
  // kText: EMBED. kRowId: INTEGER PRIMARY KEY. kKey: TEXT PRIMARY KEY.
  enum class Role { kText, kVector, kMetadata, kPartition, kKey, kRowId, kAuxiliary };
  std::string name;
  std::string type;  // as SQLite shall see it
  Role role = Role::kMetadata;
};

inline constexpr uint32_t kMostOversample = 1000;

// How one column is searched by.
struct VectorColumn {
  size_t column = 0;       // its position among the declared ones
  uint32_t dimension = 0;  // of FLOAT[n]; 0: the model's
  std::string model = "default";
  uint32_t dims = 0;  // of EMBED: so many numbers of the model's vectors; 0: all
  index::Metric metric = index::Metric::kCosine;
  std::optional<index::Kind> kind;  // nullopt: auto
  uint32_t memory_limit = 0;        // MiB; 0: engine::MemoryLimit
  uint32_t nlist = 0;               // 0: index::SegmentOptions
  uint32_t nprobe = 32;
  uint32_t hnsw_m = 16;
  uint32_t ef_construction = 100;
  uint32_t ef = 64;
  index::Quantization quantization = index::Quantization::kNone;
  std::optional<uint32_t> oversample;  // nullopt: index::DefaultOversample
  std::string fts;  // tokenizer of the FTS5 table beside an EMBED column; empty: there is none
};

// content='t', content_rowid='id': the rows are those of another table, or a view, of the same
// file.
struct ContentTable {
  std::string name;
  std::string row_id = "rowid";
};

struct TableSchema {
  std::vector<TableColumn> columns;
  std::vector<VectorColumn> vectors;  // in the order of columns; the first is `notes MATCH …`

  std::optional<ContentTable> content;  // nullopt: the rows are the table's own

  // Of vectors[vector].
  bool Embeds(size_t vector) const;
  const std::string& VectorName(size_t vector) const {
    return columns[vectors[vector].column].name;
  }
  bool Rebuildable() const;  // every vector can be made again from what is in the database file
  // Which of `vectors` a column is.
  std::optional<size_t> VectorOf(size_t column) const;
  std::optional<size_t> VectorNamed(std::string_view name) const;
  std::vector<std::string> VectorNames() const;
  // The column with that role, of which there is at most one.
  std::optional<size_t> ColumnOf(TableColumn::Role role) const;

  // Position of a column in the content table's values; -1 for one that is not there: a vector, or
  // the rowid.
  int ContentIndex(size_t column) const;
  int ContentCount() const;
  // SQL names in the content table: of a column that is there, and of its row id.
  std::string ContentColumn(size_t column) const;
  std::string ContentRowId() const;
};

// Whether a table of these columns may have this name; throws kInvalid when a column is called so.
void CheckTableName(const std::string& table, const TableSchema& schema);

// Throws engine::Error kInvalid that names the argument, what was expected and the nearest valid
// name.
TableSchema ParseTableSchema(const std::string& table, std::span<const char* const> arguments);

}  // namespace semblance::sql
