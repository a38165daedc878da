#include "sql_ext/filter_cache.h"

#include <algorithm>
#include <string_view>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

constexpr size_t kLongestKey = 64u << 10;

template <typename T>
void AppendBytes(const T& value, std::string* key) {
  key->append(reinterpret_cast<const char*>(&value), sizeof value);
}

void AppendText(char type, std::string_view text, std::string* key) {
  key->push_back(type);
  AppendBytes(text.size(), key);
  key->append(text);
}

void AppendValue(sqlite3_value* value, std::string* key) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      key->push_back('i');
      AppendBytes(sqlite3_value_int64(value), key);
      break;
    case SQLITE_FLOAT:
      key->push_back('f');
      AppendBytes(sqlite3_value_double(value), key);
      break;
    case SQLITE_TEXT:
      AppendText('t', TextOf(value), key);
      break;
    case SQLITE_BLOB:
      AppendText('b', BytesOf(value), key);
      break;
    default:
      key->push_back('n');
  }
}

}  // namespace

std::optional<FilterCache::Version> FilterCache::VersionNow(ShadowTables* shadow) {
  const auto ask = [&](const std::string& pragma) -> std::optional<int64_t> {
    Statement& statement = shadow->Prepared(pragma);
    const ResetAtExit reset(&statement);
    if (!statement.Step()) return std::nullopt;
    return statement.Int(0);
  };
  try {
    // Who reads uncommitted rows of others sees changes that no counter tells.
    if (ask("PRAGMA read_uncommitted").value_or(1) != 0) return std::nullopt;
    const auto of_others = ask("PRAGMA " + Quoted(shadow->schema()) + ".data_version");
    if (!of_others) return std::nullopt;
    return Version{*of_others, sqlite3_total_changes(shadow->db())};
  } catch (const SqliteError&) {
    return std::nullopt;  // the host's authorizer may allow no PRAGMA
  }
}

std::optional<std::string> FilterCache::KeyOf(ShadowTables* shadow, const TableSchema& columns,
                                              const TableRequest& request) {
  sqlite3* const db = shadow->db();
  if (columns.content || request.asks_host ||
      sqlite3_txn_state(db, shadow->schema().c_str()) == SQLITE_TXN_WRITE)
    return std::nullopt;
  const std::optional<Version> version = VersionNow(shadow);
  if (!version) return std::nullopt;
  if (*version != version_) kept_.clear();
  version_ = *version;
  std::string key = request.where;
  for (const TableRequest::Parameter& parameter : request.parameters) {
    if (parameter.value != nullptr) {
      AppendValue(parameter.value, &key);
    } else {
      AppendText('t', parameter.text, &key);
    }
  }
  if (key.size() > kLongestKey) return std::nullopt;
  return key;
}

FilterCache::Filter FilterCache::Find(const std::string& key) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return found->second;
}

void FilterCache::Keep(std::string key, Filter filter) {
  if (filter->row_ids().size() > kMostRowIds) return;
  kept_.emplace_front(std::move(key), std::move(filter));
  size_t count = 0, row_ids = 0;
  std::erase_if(kept_, [&](const auto& entry) {
    row_ids += entry.second->row_ids().size();
    return ++count > kMost || row_ids > kMostRowIds;
  });
}

}  // namespace semblance::sql
