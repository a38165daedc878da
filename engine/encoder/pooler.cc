#include "engine/encoder/pooler.h"

#include <array>
#include <string>

namespace semblance::encoder {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"cls", "cls_before_pooler", "avg", "avg_top2",
                                                    "avg_first_last"};

}  // namespace

std::string_view PoolerName(Pooler pooler) { return kNames.at(static_cast<size_t>(pooler)); }

Pooler PoolerFromName(std::string_view name) {
  std::string list;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Pooler>(i);
    list += (i == 0 ? "" : ", ") + std::string(kNames[i]);
  }
  throw Error(ErrorKind::kInvalid,
              "unknown pooler \"" + std::string(name) + "\"; there are " + list);
}

}  // namespace semblance::encoder
