// Rows in lists, each around a centre (an inverted file): a search looks into the lists whose
// centres are nearest and leaves the rest.
//
// The vectors or codes of such a segment lie list by list, in slots; a slot's row is at a position,
// as everywhere counted in the order of row ids. Under cosine and L2 a row is in the list of the
// centre nearest by L2 (of vectors of unit length under cosine), and so it is under the inner
// product, whose lists are looked into by the product with their centres.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/big_array.h"
#include "index/metric.h"
#include "index/segment.h"

namespace semblance::index {

struct IvfLists {
  BigArray<float> centres;       // [lists, dimension]
  BigArray<uint32_t> begins;     // [lists + 1]: a list is the slots begins[i] .. begins[i + 1] - 1;
                                 // empty without rows
  BigArray<uint32_t> positions;  // [size], of each slot; ascending within a list
  BigArray<uint32_t> slots;      // [size], of each position
  uint64_t centres_id = 0;       // tells centres from others: NameCentres
  // Mean squared distance of rows to the nearest centre when these were learned; 0 when that was of
  // too few rows for centres that others may take over.
  float spread = 0;

  uint32_t count() const {
    return begins.size() == 0 ? 0 : static_cast<uint32_t>(begins.size() - 1);
  }
  size_t bytes() const {
    return centres.bytes() + begins.bytes() + positions.bytes() + slots.bytes();
  }
};

// Throws kCorruption unless every row is in one list and centres are finite.
void CheckLists(const IvfLists& lists, uint32_t size);
// Fills centres_id from centres.
void NameCentres(IvfLists& lists);
// Fills slots from positions.
void NumberSlots(IvfLists& lists);

// The options.k nearest of the rows in the options.nprobe lists nearest to the query, or in more
// lists: behind a filter that lets a share s through it looks into nprobe / sqrt(s), because the
// nearest allowed are farther off; and it goes on until four times k rows were met or none is left.
// options.exact: all lists. `scorer` measures slots. AnyScorer: Scorer,
// CodeScorer or ProductScorer.
template <typename AnyScorer>
std::vector<Neighbour> SearchLists(const IvfLists& lists, Metric metric,
                                   std::span<const float> query, const AnyScorer& scorer,
                                   std::span<const int64_t> row_ids, const SearchOptions& options);

}  // namespace semblance::index
