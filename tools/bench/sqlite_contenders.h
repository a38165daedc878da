// Extensions of SQLite, ours and others', each asked in its own SQL.
#pragma once

#include <memory>
#include <string>

#include "tools/bench/contender.h"
#include "tools/bench/library_contenders.h"

namespace semblance::bench {

// How one of them is spelt. Parameters of `search`: ?1 the vector, ?2 k, ?3 ef, ?4 the first part
// that is not allowed.
struct SqlSpelling {
  std::string extension;    // file
  std::string entry_point;  // empty: SQLite guesses it from the file's name
  std::string create;       // makes table t
  std::string insert;       // ?1 row id, ?2 the vector, ?3 its part
  std::string finish;       // after the inserts are committed; may be empty
  std::string prepare;      // for each connection that searches; may be empty
  std::string search;       // gives row ids
  std::string filtered;     // empty: cannot
  bool has_ef = false;
  bool writes_meanwhile = false;  // searching beside a writer is measured
  bool durable = true;      // what is inserted can be found again after the database was closed
};

SqlSpelling SemblanceSpelling(const std::string& extension, uint32_t dimension, Shape shape,
                              bool quantized, const GraphOptions& options);
SqlSpelling SqliteVecSpelling(const std::string& extension, uint32_t dimension);
SqlSpelling VectorliteSpelling(const std::string& extension, uint32_t dimension, uint32_t size,
                               const GraphOptions& options);
SqlSpelling SqliteVectorSpelling(const std::string& extension, uint32_t dimension, bool quantized);

// The database is a new file in `folder`, which is removed in the end.
std::unique_ptr<Contender> NewSqlContender(const SqlSpelling& spelling, const std::string& folder);

// The vectors of the texts, by embed(); appended to `file`.
void EmbedTexts(const std::string& extension, const std::vector<std::string>& texts,
                const std::string& file);

}  // namespace semblance::bench
