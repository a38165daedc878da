// The rows of a vss0 table: T_index has an index of FAISS's for each column, in order, by row ids.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "tools/cli/commands.h"
#include "tools/cli/flat_index_bytes.h"
#include "tools/cli/migration_source.h"
#include "tools/cli/table_shape.h"

namespace semblance::cli {
namespace {

class Vss0Source : public MigrationSource {
 public:
  Vss0Source(Connection* connection, const std::string& table, const std::string& create_sql,
             const MigrationOptions& options)
      : table_(table) {
    std::vector<std::string> names;
    const std::vector<std::string> arguments = ArgumentsOf(create_sql);
    for (size_t i = 0; i < arguments.size(); ++i) {
      std::string rest;
      const std::string whole = arguments[i];
      const std::string name =
          TakeName(whole.substr(0, whole.find('(')), &rest);  // "headline(384) factory=..."
      names.push_back(name);
      if (!options.columns.empty() && !IsWanted(name, options.columns)) continue;
      AddColumn(connection, name, static_cast<int64_t>(i), options.metric);
    }
    RefuseUnknown(options.columns, names, table);
    if (columns_.empty()) throw std::runtime_error("'" + table + "' has no column");
    for (size_t i = 1; i < indexes_.size(); ++i) {
      for (size_t place = 0; place < indexes_[i].ids.size(); ++place) {
        places_[i][indexes_[i].ids[place]] = place;
      }
    }
  }

  const std::vector<MigratedColumn>& columns() const override { return columns_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }
  std::optional<uint64_t> row_count() override { return indexes_[0].ids.size(); }

  bool Next(MigratedRow* row) override {
    if (next_ >= indexes_[0].ids.size()) return false;
    const int64_t rowid = indexes_[0].ids[next_];
    row->rowid = rowid;
    row->values.assign(1, VectorAt(0, next_));
    for (size_t i = 1; i < indexes_.size(); ++i) {
      const auto found = places_[i].find(rowid);
      row->values.push_back(found == places_[i].end() ? Value() : VectorAt(i, found->second));
    }
    ++next_;
    return true;
  }

 private:
  void AddColumn(Connection* connection, const std::string& name, int64_t number,
                 const std::string& metric) {
    const Value bytes = connection->Single(
        "SELECT idx FROM " + QuoteName(table_ + "_index") + " WHERE rowid = ?1", {number});
    const auto* blob = std::get_if<Blob>(&bytes);
    try {
      if (!blob) throw std::runtime_error("there is no index for it in " + table_ + "_index");
      indexes_.push_back(ReadFlatIndex(blob->bytes));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(
          "column '" + name + "' of '" + table_ + "' cannot be read: " + error.what() +
          ". Migrate the vectors from where they came, or with sqlite-vss loaded");
    }
    places_.emplace_back();
    const FlatIndex& index = indexes_.back();
    columns_.push_back(
        {name, VectorDefinition(index.dimension, index.inner_product ? "ip" : "l2", metric)});
    if (metric.empty()) {
      remarks_.push_back(
          "'" + name +
          (index.inner_product
               ? "': distance is the negative inner product, so that smaller is nearer"
               : "': distance is the Euclidean one, the root of what vss0 gave"));
    }
  }

  Value VectorAt(size_t column, size_t place) const {
    const FlatIndex& index = indexes_[column];
    const auto* from = reinterpret_cast<const char*>(index.vectors.data());
    const size_t size = index.dimension * sizeof(float);
    return Blob{std::string(from + place * size, size)};
  }

  const std::string table_;
  std::vector<MigratedColumn> columns_;
  std::vector<std::string> remarks_;
  std::vector<FlatIndex> indexes_;                 // of columns_
  std::vector<std::map<int64_t, size_t>> places_;  // of columns_: where an id's vector is
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<MigrationSource> OpenVss0Source(Connection* connection, const std::string& table,
                                                const std::string& create_sql,
                                                const MigrationOptions& options) {
  return std::make_unique<Vss0Source>(connection, table, create_sql, options);
}

}  // namespace semblance::cli
