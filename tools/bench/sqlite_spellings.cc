#include "tools/bench/sqlite_contenders.h"

namespace semblance::bench {

SqlSpelling SemblanceSpelling(const std::string& extension, uint32_t dimension, Shape shape,
                              bool quantized, const GraphOptions& options) {
  SqlSpelling s;
  s.extension = extension;
  s.create = "CREATE VIRTUAL TABLE t USING semblance(v FLOAT[" + std::to_string(dimension) +
             "], part INTEGER, index=" + (shape == Shape::kFlat ? "flat" : "hnsw") +
             ", quantization=" + (quantized ? "sq8" : "none") +
             ", hnsw_m=" + std::to_string(options.m) +
             ", ef_construction=" + std::to_string(options.ef_construction) + ")";
  s.insert = "INSERT INTO t(rowid, v, part) VALUES(?1, ?2, ?3)";
  s.finish = "INSERT INTO t(t) VALUES('optimize')";
  s.search = "SELECT rowid FROM t WHERE v MATCH ?1 AND k = ?2 AND ef = ?3";
  s.filtered = s.search + " AND part < ?4";
  s.has_ef = shape == Shape::kGraph;
  s.writes_meanwhile = s.has_ef;
  return s;
}

SqlSpelling SqliteVecSpelling(const std::string& extension, uint32_t dimension) {
  SqlSpelling s;
  s.extension = extension;
  s.entry_point = "sqlite3_vec_init";
  s.create = "CREATE VIRTUAL TABLE t USING vec0(v float[" + std::to_string(dimension) +
             "] distance_metric=cosine, part integer)";
  s.insert = "INSERT INTO t(rowid, v, part) VALUES(?1, ?2, ?3)";
  s.search = "SELECT rowid FROM t WHERE v MATCH ?1 AND k = ?2";
  s.filtered = s.search + " AND part < ?4";
  return s;
}

SqlSpelling VectorliteSpelling(const std::string& extension, uint32_t dimension, uint32_t size,
                               const GraphOptions& options) {
  SqlSpelling s;
  s.extension = extension;
  s.entry_point = "sqlite3_extension_init";
  s.create = "CREATE VIRTUAL TABLE t USING vectorlite(v float32[" + std::to_string(dimension) +
             "] cosine, hnsw(max_elements=" + std::to_string(size) +
             ", M=" + std::to_string(options.m) +
             ", ef_construction=" + std::to_string(options.ef_construction) + "))";
  s.insert = "INSERT INTO t(rowid, v) VALUES(?1, ?2)";
  s.search = "SELECT rowid FROM t WHERE knn_search(v, knn_param(?1, ?2, ?3))";
  s.has_ef = true;
  s.durable = false;
  return s;
}

SqlSpelling SqliteVectorSpelling(const std::string& extension, uint32_t dimension,
                                 bool quantized) {
  SqlSpelling s;
  s.extension = extension;
  s.entry_point = "sqlite3_vector_init";
  s.create = "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)";
  s.insert = "INSERT INTO t(id, v) VALUES(?1, ?2)";
  s.prepare = "SELECT vector_init('t', 'v', 'type=FLOAT32,dimension=" + std::to_string(dimension) +
              ",distance=COSINE')";
  s.search = "SELECT rowid FROM vector_full_scan('t', 'v', ?1, ?2)";
  if (quantized) {
    s.finish = s.prepare + "; SELECT vector_quantize('t', 'v')";
    s.prepare += "; SELECT vector_quantize_preload('t', 'v')";
    s.search = "SELECT rowid FROM vector_quantize_scan('t', 'v', ?1, ?2)";
  }
  return s;
}

}  // namespace semblance::bench
