// Commit numbers of a collection that its store has undone, because SQLite had lost them: after a
// power cut, or where an older copy of the database file was put back. They are never given again.
// Who saw one of them, in another process or from another copy of the file, must not take what came
// later for it.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/store.h"

namespace semblance::engine {

class UndoneCommits {
 public:
  // None where the store has no record of any.
  static UndoneCommits Read(const storage::Store& store, uint64_t collection);
  void Write(storage::Transaction& transaction, uint64_t collection) const;

  void Add(uint64_t after, uint64_t up_to);  // after < commit <= up_to
  bool Contains(uint64_t commit) const;
  bool empty() const { return ranges_.empty(); }
  uint64_t highest() const { return ranges_.empty() ? 0 : ranges_.back().up_to; }
  bool operator==(const UndoneCommits&) const = default;

 private:
  struct Range {
    uint64_t after;
    uint64_t up_to;
    bool operator==(const Range&) const = default;
  };
  std::vector<Range> ranges_;  // ascending, apart from each other
};

}  // namespace semblance::engine
