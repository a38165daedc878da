// What the last conditions beside MATCH let through, kept while the database does not change: a
// condition that is asked again with other queries is not compared with every row again.
//
// Threads: those of the connection.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/row_filter.h"
#include "sql_ext/shadow_tables.h"
#include "sql_ext/table_request.h"

namespace semblance::sql {

class FilterCache {
 public:
  using Filter = std::shared_ptr<const engine::RowFilter>;

  // The name of the request's conditions; nothing where their answer may not be kept: in a write
  // transaction, of a table or view of the user's, under PRAGMA read_uncommitted, or where they
  // call a function or a collation of the host's, which may change its mind.
  std::optional<std::string> KeyOf(ShadowTables* shadow, const TableSchema& columns,
                                   const TableRequest& request);
  Filter Find(const std::string& key);  // nullptr when it is not here
  void Keep(std::string key, Filter filter);

 private:
  // Changes with every commit of another connection that this one sees, and with every row that
  // this one writes.
  struct Version {
    int64_t of_others = -1;
    int64_t own = -1;
    bool operator==(const Version&) const = default;
  };

  // Nothing where it cannot be known.
  static std::optional<Version> VersionNow(ShadowTables* shadow);

  static constexpr size_t kMost = 16;
  static constexpr size_t kMostRowIds = 4u << 20;  // of all together, 8 bytes each

  Version version_;
  std::list<std::pair<std::string, Filter>> kept_;  // the last used first
};

}  // namespace semblance::sql
