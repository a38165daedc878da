#include "engine/undone_commits.h"

#include <algorithm>
#include <string>

#include "engine/families.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {

UndoneCommits UndoneCommits::Read(const storage::Store& store, uint64_t collection) {
  UndoneCommits undone;
  const auto value = store.Get(kMeta, UndoneKey(collection));
  if (!value) return undone;
  for (std::string_view rest = *value; !rest.empty();) {
    const uint64_t after = storage::TakeU64(&rest);
    undone.Add(after, storage::TakeU64(&rest));
  }
  return undone;
}

void UndoneCommits::Write(storage::Transaction& transaction, uint64_t collection) const {
  std::string value;
  for (const Range& range : ranges_) {
    storage::AppendU64(&value, range.after);
    storage::AppendU64(&value, range.up_to);
  }
  transaction.Put(kMeta, UndoneKey(collection), value);
}

void UndoneCommits::Add(uint64_t after, uint64_t up_to) {
  if (up_to <= after) return;
  Range added{after, up_to};
  std::erase_if(ranges_, [&](const Range& range) {
    if (range.up_to < added.after || added.up_to < range.after) return false;
    added = {std::min(added.after, range.after), std::max(added.up_to, range.up_to)};
    return true;
  });
  const auto place = std::find_if(ranges_.begin(), ranges_.end(),
                                  [&](const Range& range) { return range.after > added.after; });
  ranges_.insert(place, added);
}

bool UndoneCommits::Contains(uint64_t commit) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return range.after < commit && commit <= range.up_to;
  });
}

}  // namespace semblance::engine
