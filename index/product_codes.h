// Vectors in lists as four bits for two numbers: 96 bytes for 384 numbers, compared 32 rows at
// once.
//
// Product quantization (H. Jegou, M. Douze and C. Schmid, Product quantization for nearest neighbor
// search, 2011) of what a row differs from the centre of its list. Two numbers are a subspace,
// which has a codebook of 16 points; the code of a row is, in each subspace, the point nearest to
// its direction. With c for the centre, r = x - c, u for what the codes say of r / |r|, and s the
// number that makes <s u, r> right for the row itself,
//   |q - x|^2 = |q - c|^2 + |r|^2 - 2 <q - c, r>,   <q - c, r> nearly s <q - c, u>
// and of the inner product <q, x> = <q, c> + <q, r>. <q - c, u> is a sum of table entries, one for
// each subspace, which are rounded to seven bits; so a distance is good for choosing candidates and
// for nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "index/big_array.h"
#include "index/codes.h"
#include "index/ivf.h"
#include "index/metric.h"
#include "index/product_kernels.h"

namespace semblance::index {

struct ProductCodes {
  uint32_t dimension = 0;
  BigArray<float> codebooks;  // [2 groups(), 2, 16]: of each subspace the first numbers of its
                              // points, then the second ones; empty without rows
  BigArray<float> reaches;    // [2 groups()], the length of each codebook's farthest point
  BigArray<uint8_t> codes;    // [ceil(size / 32), groups(), 32], by slot; ProductKernel's blocks
  BigArray<CodeTerms> terms;  // [size], by slot: s and |r|^2, which is 0 under the inner product

  uint32_t size() const { return static_cast<uint32_t>(terms.size()); }
  // Two subspaces, four numbers, the last of which may be beyond the dimension: then zero.
  size_t groups() const { return (size_t{dimension} + 3) / 4; }
  size_t bytes() const {
    return codebooks.bytes() + reaches.bytes() + codes.bytes() + terms.bytes();
  }
};

// Room for `size` rows, without codebooks. Rows beyond `size` have zeros for codes.
ProductCodes NewProductCodes(uint32_t size, uint32_t dimension);

// Codebooks from rows [n, dimension] and the centre that each is nearest to. False when `cancel`
// said so, which is polled as ParallelBlocks does. The same whatever the number of threads.
bool LearnCodebooks(std::span<const float> rows, std::span<const uint32_t> list_of,
                    const BigArray<float>& centres, uint32_t threads,
                    const std::function<bool()>& cancel, ProductCodes& codes);

// Fills reaches from codebooks.
void FindReaches(ProductCodes& codes);

// Codes of one row [dimension] in the list around `centre`: packed [groups()], a byte of each
// group. Threads: different rows at once.
CodeTerms EncodeProduct(const ProductCodes& codes, Metric metric, const float* row,
                        const float* centre, uint8_t* packed);
// Out of blocks: packed [groups()] of the row in a slot.
void PackedCodes(const ProductCodes& codes, uint32_t slot, uint8_t* packed);
// From [rows, groups()] to blocks, in place; the array has whole blocks.
void PutInBlocks(ProductCodes& codes);

// Distances from one query to the rows of one list.
class ProductTable {
 public:
  ProductTable(const ProductCodes& codes, Metric metric, std::span<const float> query,
               std::span<const float> centre);

  // As CodeScorer's, of slots.
  void Score(size_t first, size_t count, float* distances) const;
  void ScoreAt(const uint32_t* slots, size_t count, float* distances, RowOrder order) const;

 private:
  void FillTables(std::span<const float> difference);
  void SumBlock(size_t block, uint32_t* sums) const;
  float Distance(uint32_t slot, uint32_t sum) const;

  const ProductCodes& codes_;
  const ProductKernel& kernel_;
  std::vector<uint8_t> tables_;  // low, then high: [2, groups, 32]
  float offset_ = 0;             // half |q - c|^2, or -<q, c>
  float least_ = 0;              // the sum of what the tables' zeros stand for
  float step_ = 0;               // what one of a table's units is
};

// From one query to the rows of all lists.
class ProductScorer {
 public:
  // Nothing is owned. `query` as Scorer takes it; throws as Scorer.
  ProductScorer(const ProductCodes& codes, const IvfLists& lists, Metric metric,
                std::span<const float> query);

  ProductTable InList(uint32_t list) const;
  // Codes know no bound.
  float Least(uint32_t, float) const { return -std::numeric_limits<float>::max(); }

 private:
  const ProductCodes& codes_;
  const IvfLists& lists_;
  const Metric metric_;
  std::vector<float> query_;
};

}  // namespace semblance::index
