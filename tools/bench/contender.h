// Somebody who is given the vectors and then asked for neighbours.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench/data_set.h"

namespace semblance::bench {

struct Ask {
  uint32_t k = 10;
  uint32_t ef = 64;                // of those that walk a graph
  uint32_t permille = kAllParts;   // only the rows of the parts below it
};

// What one thread asks through.
class Session {
 public:
  virtual ~Session() = default;
  // Row ids, nearest first.
  virtual std::vector<int64_t> Search(const float* query, const Ask& ask) = 0;
};

// What building took; 0: not measured.
struct BuildTimes {
  double insert_seconds = 0;        // of rows that can be searched, and are durable where it is
  double plain_insert_seconds = 0;  // of the same BLOBs into a plain table of the same database
  double build_seconds = 0;         // of the graph or the codes, where that is a step of its own
  double open_seconds = 0;          // from the closed database to the first answer
};

// Somebody who inserts, as another connection would, until the object goes.
class Writing {
 public:
  virtual ~Writing() = default;
};

class Contender {
 public:
  virtual ~Contender() = default;
  // Leaves what NewSession needs; called once.
  virtual BuildTimes Build(const DataSet& data) = 0;
  virtual std::unique_ptr<Session> NewSession() = 0;
  virtual bool has_ef() const { return false; }
  virtual bool has_threads() const { return true; }  // sessions may be used at the same time
  virtual bool has_filter() const { return false; }
  // Of `data` again, under other row ids. nullptr where searching meanwhile is not measured.
  virtual std::unique_ptr<Writing> StartWriting(const DataSet&) { return nullptr; }
};

}  // namespace semblance::bench
