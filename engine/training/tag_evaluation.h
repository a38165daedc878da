// What is measured of held-out pairs whose sides carry tags (languages, domains).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/training/learner.h"
#include "engine/training/trainer.h"

namespace semblance::training {

// The texts of the pairs, as ids, and their tags.
struct TaggedSet {
  std::vector<std::vector<int32_t>> first, second;  // [pairs]
  std::vector<std::string> first_tags, second_tags;
};

// Fills retrieval, the mean over pairs and both directions, and by_tags:
//   {"pairs":[{"a":"en","b":"de","count":500,"a_to_b":0.91,"b_to_a":0.9,"alignment":0.2}, ...],
//    "tags":[{"tag":"en","count":900,"alignment":0.2,"uniformity":-2.5}, ...]}
// in the order of the names. Each side is looked for among all of the other side, whatever their
// tags. A tag's texts are those of either side that carry it: alignment is of the pairs they are
// in, uniformity of the first 1,024 of them; what is not defined is null.
void MeasureTagged(const TaggedSet& pairs, size_t dimension, Learner* learner, Report* report);

}  // namespace semblance::training
