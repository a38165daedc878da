// The rows of a vec0 table, chunk by chunk, from its shadow tables:
//
//   T_chunks            chunk_id, size, validity (a bit a row), rowids (int64), partition00 ...
//   T_vector_chunksNN   of a chunk: its vectors, one by one
//   T_metadatachunksNN  of a chunk: a bit, int64, f64 or 16 bytes of text a row
//   T_metadatatextNN    of a row: text that is longer than 12 bytes
//   T_auxiliary         of a row: value00 ...
//   T_rowids            of a row: id, a TEXT PRIMARY KEY
#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>

#include "tools/cli/commands.h"
#include "tools/cli/migration_source.h"
#include "tools/cli/table_shape.h"
#include "tools/cli/vec0_definition.h"

namespace semblance::cli {
namespace {

using Kind = Vec0Column::Kind;
using Element = Vec0Column::Element;

constexpr size_t kTextView = 16;  // a 32-bit length, then the text or its beginning
constexpr size_t kInlineText = 12;

template <typename T>
T ReadAt(const std::string& bytes, size_t place) {
  T value;
  std::memcpy(&value, bytes.data() + place * sizeof(T), sizeof(T));
  return value;
}

bool BitAt(const std::string& bytes, size_t place) {
  return (static_cast<unsigned char>(bytes[place / 8]) >> (place % 8) & 1) != 0;
}

std::string Number(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// One vector as the new table takes it, f32.
Blob ToFloats(const Vec0Column& column, const std::string& vectors, size_t place) {
  const std::string one = vectors.substr(place * column.vector_bytes(), column.vector_bytes());
  if (column.element == Element::kFloat32) return {one};
  std::vector<float> floats(column.dimension);
  for (size_t i = 0; i < floats.size(); ++i) {
    floats[i] = column.element == Element::kInt8 ? static_cast<float>(static_cast<int8_t>(one[i]))
                                                 : static_cast<float>(BitAt(one, i));
  }
  return {std::string(reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float))};
}

class Vec0Source : public MigrationSource {
 public:
  Vec0Source(Connection* connection, const std::string& table, const std::string& create_sql,
             const MigrationOptions& options)
      : connection_(connection), table_(table) {
    std::vector<std::string> vectors;
    for (Vec0Column& column : ParseVec0Definition(create_sql)) {
      const bool vector = column.kind == Kind::kVector;
      if (vector) vectors.push_back(column.name);
      if (vector && !options.columns.empty() && !IsWanted(column.name, options.columns)) continue;
      AddColumn(column, options.metric);
      read_.push_back(std::move(column));
    }
    RefuseUnknown(options.columns, vectors, table);
  }

  const std::vector<MigratedColumn>& columns() const override { return columns_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }
  std::optional<uint64_t> row_count() override {
    const Value count = connection_->Single("SELECT count(*) FROM " + Shadow("rowids"));
    return static_cast<uint64_t>(std::get<int64_t>(count));
  }

  bool Next(MigratedRow* row) override {
    for (;; ++place_) {
      while (place_ >= size_) {
        if (!NextChunk()) return false;
      }
      if (BitAt(validity_, place_)) break;
    }
    const int64_t rowid = ReadAt<int64_t>(rowids_, place_);
    row->rowid = rowid;
    row->values.clear();
    for (size_t i = 0; i < read_.size(); ++i) {
      if (!columns_[i].is_rowid) row->values.push_back(ValueOf(read_[i], chunk_data_[i], rowid));
    }
    ++place_;
    return true;
  }

 private:
  std::string Shadow(const std::string& suffix) const { return QuoteName(table_ + "_" + suffix); }

  void AddColumn(const Vec0Column& column, const std::string& metric) {
    MigratedColumn made{column.name, column.type};
    switch (column.kind) {
      case Kind::kPrimaryKey:
        made.is_rowid = column.type != "TEXT";
        made.definition += " PRIMARY KEY";
        break;
      case Kind::kPartition:
        made.definition += " PARTITION KEY";
        break;
      case Kind::kVector:
        made.definition = VectorOf(column, metric);
        break;
      case Kind::kAuxiliary:
        made.auxiliary = true;
        break;
      case Kind::kMetadata:
        break;
    }
    columns_.push_back(std::move(made));
  }

  std::string VectorOf(const Vec0Column& column, const std::string& metric) {
    if (column.element == Element::kBit) {
      remarks_.push_back(
          "'" + column.name +
          "' is of bits: they become the numbers 0 and 1, and its distance the root of the"
          " Hamming distance, in the same order");
    } else if (column.element == Element::kInt8) {
      remarks_.push_back("'" + column.name +
                         "' is of int8: the numbers are kept as they are, as 32-bit floats; "
                         "quantization=sq8 is what searches over 8-bit codes here");
    }
    if (column.metric == "l1" && metric.empty()) {
      throw UsageError(
          "'" + column.name +
          "' is compared by l1, which there is not here; add --metric l2 (or cosine, ip)");
    }
    return VectorDefinition(column.dimension, column.metric, metric);
  }

  bool NextChunk() {
    Statement chunk(connection_->handle(), "SELECT * FROM " + Shadow("chunks") +
                                               " WHERE chunk_id > ?1 ORDER BY chunk_id LIMIT 1");
    chunk.Bind(1, chunk_id_);
    if (!chunk.Step()) return false;
    partitions_.clear();
    for (int i = 0; i < chunk.column_count(); ++i) {
      const std::string name = chunk.ColumnName(i);
      if (name == "chunk_id") chunk_id_ = chunk.Integer(i);
      if (name == "size") size_ = static_cast<size_t>(chunk.Integer(i));
      if (name == "validity") validity_ = chunk.Bytes(i);
      if (name == "rowids") rowids_ = chunk.Bytes(i);
      if (name.starts_with("partition")) partitions_.push_back(chunk.Get(i));
    }
    Expect("validity", validity_, (size_ + 7) / 8);
    Expect("rowids", rowids_, size_ * sizeof(int64_t));
    chunk_data_.clear();
    for (const Vec0Column& column : read_) chunk_data_.push_back(ChunkData(column));
    place_ = 0;
    return true;
  }

  // The column's part of the chunk; empty for what is not kept by chunks.
  std::string ChunkData(const Vec0Column& column) {
    if (column.kind == Kind::kVector) {
      const std::string shadow = "vector_chunks" + Number(column.number);
      std::string bytes = OfChunk(shadow, "vectors");
      Expect(shadow, bytes, size_ * column.vector_bytes());
      return bytes;
    }
    if (column.kind != Kind::kMetadata) return {};
    const std::string shadow = "metadatachunks" + Number(column.number);
    std::string bytes = OfChunk(shadow, "data");
    Expect(shadow, bytes,
           column.type == "BOOLEAN"
               ? (size_ + 7) / 8
               : size_ * (column.type == "TEXT" ? kTextView : sizeof(int64_t)));
    return bytes;
  }

  std::string OfChunk(const std::string& shadow, const std::string& data) {
    Statement statement(connection_->handle(),
                        "SELECT " + data + " FROM " + Shadow(shadow) + " WHERE rowid = ?1");
    statement.Bind(1, chunk_id_);
    return statement.Step() ? statement.Bytes(0) : std::string();
  }

  void Expect(const std::string& what, const std::string& bytes, size_t size) const {
    if (bytes.size() >= size) return;
    throw std::runtime_error("table '" + table_ + "' is damaged: chunk " +
                             std::to_string(chunk_id_) + " has " + std::to_string(bytes.size()) +
                             " bytes of " + what + " where " + std::to_string(size) +
                             " were expected");
  }

  Value ValueOf(const Vec0Column& column, const std::string& data, int64_t rowid) {
    switch (column.kind) {
      case Kind::kPrimaryKey:
        return OfRow("rowids", "id", rowid);
      case Kind::kPartition:
        return partitions_.at(static_cast<size_t>(column.number));
      case Kind::kVector:
        return ToFloats(column, data, place_);
      case Kind::kAuxiliary:
        return OfRow("auxiliary", "value" + Number(column.number), rowid);
      case Kind::kMetadata:
        break;
    }
    if (column.type == "BOOLEAN") return int64_t{BitAt(data, place_)};
    if (column.type == "REAL") return ReadAt<double>(data, place_);
    if (column.type == "INTEGER") return ReadAt<int64_t>(data, place_);
    const int32_t size = ReadAt<int32_t>(data, place_ * kTextView / sizeof(int32_t));
    if (size < 0 || static_cast<size_t>(size) > kInlineText) {
      return OfRow("metadatatext" + Number(column.number), "data", rowid);
    }
    return data.substr(place_ * kTextView + sizeof(int32_t), static_cast<size_t>(size));
  }

  Value OfRow(const std::string& shadow, const std::string& column, int64_t rowid) {
    return connection_->Single("SELECT " + column + " FROM " + Shadow(shadow) + " WHERE rowid = ?1",
                               {rowid});
  }

  Connection* const connection_;
  const std::string table_;
  std::vector<Vec0Column> read_;
  std::vector<MigratedColumn> columns_;  // of read_
  std::vector<std::string> remarks_;

  // The chunk that is being read
  int64_t chunk_id_ = -1;
  size_t size_ = 0;
  size_t place_ = 0;
  std::string validity_;
  std::string rowids_;
  std::vector<Value> partitions_;
  std::vector<std::string> chunk_data_;  // of read_
};

}  // namespace

std::unique_ptr<MigrationSource> OpenVec0Source(Connection* connection, const std::string& table,
                                                const std::string& create_sql,
                                                const MigrationOptions& options) {
  return std::make_unique<Vec0Source>(connection, table, create_sql, options);
}

}  // namespace semblance::cli
