#include "index/product_codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "index/clusters.h"
#include "index/parallel.h"
#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr uint64_t kSeed = 1;
constexpr uint32_t kRounds = 12;      // of k-means
constexpr float kTableLargest = 127;  // so that two entries fit a byte

// The direction of row - centre, filled up with zeros to whole groups.
struct Residual {
  Residual(const float* row, const float* centre, size_t dimension, size_t padded)
      : direction(padded, 0.0f) {
    std::vector<double> differences(dimension);
    for (size_t i = 0; i < dimension; ++i) {
      differences[i] = static_cast<double>(row[i]) - centre[i];
      square += differences[i] * differences[i];
    }
    const double length = std::sqrt(square);
    if (!(length > 0)) return;
    for (size_t i = 0; i < dimension; ++i)
      direction[i] = static_cast<float>(differences[i] / length);
  }

  std::vector<float> direction;
  double square = 0;  // of the difference's length
};

const float* Codebook(const ProductCodes& codes, size_t subspace) {
  return codes.codebooks.data() + subspace * 2 * kCodebookPoints;
}

float Finite(double value) {
  return static_cast<float>(std::clamp<double>(value, -kLargest, kLargest));
}

}  // namespace

ProductCodes NewProductCodes(uint32_t size, uint32_t dimension) {
  ProductCodes codes;
  codes.dimension = dimension;
  const size_t blocks = (size_t{size} + kProductRows - 1) / kProductRows;
  codes.codes = BigArray<uint8_t>(blocks * kProductRows * codes.groups());
  if (blocks != 0) {
    const size_t tail = (blocks * kProductRows - size) * codes.groups();
    std::memset(codes.codes.data() + codes.codes.size() - tail, 0, tail);
  }
  codes.terms = BigArray<CodeTerms>(size);
  return codes;
}

bool LearnCodebooks(std::span<const float> rows, std::span<const uint32_t> list_of,
                    const BigArray<float>& centres, uint32_t threads,
                    const std::function<bool()>& cancel, ProductCodes& codes) {
  const size_t dimension = codes.dimension, padded = codes.groups() * 4;
  std::vector<float> directions(list_of.size() * padded);
  for (size_t i = 0; i < list_of.size(); ++i) {
    const Residual residual(rows.data() + i * dimension,
                            centres.data() + size_t{list_of[i]} * dimension, dimension, padded);
    std::copy(residual.direction.begin(), residual.direction.end(),
              directions.begin() + static_cast<ptrdiff_t>(i * padded));
  }
  codes.codebooks = BigArray<float>(padded * kCodebookPoints);
  const bool done = ParallelBlocks(threads, padded / 2, cancel, [&](size_t subspace) {
    std::vector<float> points;
    points.reserve(list_of.size() * 2);
    for (size_t i = 0; i < list_of.size(); ++i) {
      const float* const two = directions.data() + i * padded + 2 * subspace;
      points.insert(points.end(), two, two + 2);
    }
    ClusterOptions options;
    options.metric = Metric::kL2;
    options.dimension = 2;
    options.clusters = kCodebookPoints;
    options.seed = kSeed;
    options.rounds = kRounds;
    const Clustering found = Clustering::Of(options, std::move(points));
    float* const book = codes.codebooks.data() + subspace * 2 * kCodebookPoints;
    for (uint32_t p = 0; p < kCodebookPoints; ++p) {
      // Where fewer points differ the last one stands for the rest.
      const auto point = found.centre(std::min(p, found.size() - 1));
      book[p] = point[0];
      book[kCodebookPoints + p] = point[1];
    }
  });
  if (done) FindReaches(codes);
  return done;
}

void FindReaches(ProductCodes& codes) {
  codes.reaches = BigArray<float>(codes.codebooks.size() / (2 * kCodebookPoints));
  for (size_t subspace = 0; subspace < codes.reaches.size(); ++subspace) {
    const float* const book = Codebook(codes, subspace);
    float reach = 0;
    for (size_t p = 0; p < kCodebookPoints; ++p)
      reach = std::max(reach, std::hypot(book[p], book[kCodebookPoints + p]));
    codes.reaches[subspace] = std::min(reach, kLargest);
  }
}

CodeTerms EncodeProduct(const ProductCodes& codes, Metric metric, const float* row,
                        const float* centre, uint8_t* packed) {
  const size_t padded = codes.groups() * 4;
  const Residual residual(row, centre, codes.dimension, padded);
  BestProductKernel().encode(codes.codebooks.data(), residual.direction.data(), codes.groups(),
                             packed);
  double product = 0;  // of the direction and what the codes say of it
  for (size_t subspace = 0; subspace < padded / 2; ++subspace) {
    const float* const book = Codebook(codes, subspace);
    const size_t point = subspace % 2 == 0 ? packed[subspace / 2] & 15 : packed[subspace / 2] >> 4;
    product +=
        static_cast<double>(residual.direction[2 * subspace]) * book[point] +
        static_cast<double>(residual.direction[2 * subspace + 1]) * book[kCodebookPoints + point];
  }
  // Where the codes hardly know the direction, as of rows that no sample had, they shall not be
  // believed to be far out.
  constexpr double kLeastProduct = 0.25;
  const double scale = std::sqrt(residual.square) / std::max(product, kLeastProduct);
  const double square = metric == Metric::kInnerProduct ? 0 : residual.square;
  return {Finite(scale), Finite(square)};
}

void PackedCodes(const ProductCodes& codes, uint32_t slot, uint8_t* packed) {
  const size_t groups = codes.groups();
  const uint8_t* const block =
      codes.codes.data() + slot / kProductRows * kProductRows * groups + slot % kProductRows;
  for (size_t group = 0; group < groups; ++group) packed[group] = block[group * kProductRows];
}

void PutInBlocks(ProductCodes& codes) {
  const size_t groups = codes.groups();
  std::vector<uint8_t> block(groups * kProductRows);
  for (size_t first = 0; first < codes.codes.size(); first += block.size()) {
    uint8_t* const rows = codes.codes.data() + first;
    for (size_t row = 0; row < kProductRows; ++row) {
      for (size_t group = 0; group < groups; ++group)
        block[group * kProductRows + row] = rows[row * groups + group];
    }
    std::copy(block.begin(), block.end(), rows);
  }
}

ProductTable::ProductTable(const ProductCodes& codes, Metric metric, std::span<const float> query,
                           std::span<const float> centre)
    : codes_(codes), kernel_(BestProductKernel()), tables_(2 * codes.groups() * kProductRows) {
  const bool product = metric == Metric::kInnerProduct;
  std::vector<float> difference(codes.groups() * 4, 0.0f);
  for (size_t i = 0; i < query.size(); ++i)
    difference[i] = Finite(query[i] - (product ? 0.0 : centre[i]));
  const float offset = product ? -InnerProduct(query.data(), centre.data(), query.size())
                               : 0.5f * SquaredL2(query.data(), centre.data(), query.size());
  offset_ = std::isnan(offset) ? 0 : Finite(offset);
  FillTables(difference);
}

// What a subspace adds to the product is within the difference's length there times that of the
// farthest point, on both sides of zero.
void ProductTable::FillTables(std::span<const float> difference) {
  const size_t subspaces = difference.size() / 2;
  std::vector<float> bounds(subspaces);
  float widest = 0;
  double all = 0;
  for (size_t subspace = 0; subspace < subspaces; ++subspace) {
    const float x = difference[2 * subspace], y = difference[2 * subspace + 1];
    bounds[subspace] = std::min(kLargest / 4, std::sqrt(x * x + y * y) * codes_.reaches[subspace]);
    widest = std::max(widest, bounds[subspace]);
    all += bounds[subspace];
  }
  least_ = -Finite(all);
  step_ = 2 * widest / kTableLargest;
  const float inverse = step_ > std::numeric_limits<float>::min() ? 1 / step_ : 0;
  uint8_t* const tables[2] = {tables_.data(), tables_.data() + tables_.size() / 2};
  for (size_t subspace = 0; subspace < subspaces; ++subspace) {
    const float* const book = Codebook(codes_, subspace);
    const float x = difference[2 * subspace], y = difference[2 * subspace + 1];
    const float bound = bounds[subspace];
    uint8_t entries[kCodebookPoints];
    for (size_t p = 0; p < kCodebookPoints; ++p) {
      const float units = (x * book[p] + y * book[kCodebookPoints + p] + bound) * inverse + 0.5f;
      // In this order a NaN, of numbers near the largest, becomes zero.
      entries[p] = static_cast<uint8_t>(std::min(std::max(0.0f, units), kTableLargest));
    }
    uint8_t* const table = tables[subspace % 2] + subspace / 2 * kProductRows;
    std::copy_n(entries, kCodebookPoints, table);
    std::copy_n(entries, kCodebookPoints, table + kCodebookPoints);
  }
}

void ProductTable::SumBlock(size_t block, uint32_t* sums) const {
  const size_t groups = codes_.groups();
  kernel_.sum(tables_.data(), tables_.data() + tables_.size() / 2,
              codes_.codes.data() + block * groups * kProductRows, groups, sums);
}

float ProductTable::Distance(uint32_t slot, uint32_t sum) const {
  const CodeTerms& terms = codes_.terms[slot];
  const float product = least_ + step_ * static_cast<float>(sum);
  const float distance = offset_ + 0.5f * terms.square - terms.scale * product;
  if (!(distance < kLargest)) return kLargest;  // a NaN, too
  return std::max(distance, -kLargest);
}

void ProductTable::Score(size_t first, size_t count, float* distances) const {
  uint32_t sums[kProductRows];
  for (size_t slot = first; slot < first + count;) {
    const size_t block = slot / kProductRows;
    const size_t end = std::min(first + count, (block + 1) * kProductRows);
    SumBlock(block, sums);
    for (; slot < end; ++slot)
      distances[slot - first] = Distance(static_cast<uint32_t>(slot), sums[slot % kProductRows]);
  }
}

void ProductTable::ScoreAt(const uint32_t* slots, size_t count, float* distances, RowOrder) const {
  uint32_t sums[kProductRows];
  for (size_t i = 0; i < count; ++i) {
    const size_t block = slots[i] / kProductRows;
    if (i == 0 || block != slots[i - 1] / kProductRows) SumBlock(block, sums);
    distances[i] = Distance(slots[i], sums[slots[i] % kProductRows]);
  }
}

ProductScorer::ProductScorer(const ProductCodes& codes, const IvfLists& lists, Metric metric,
                             std::span<const float> query)
    : codes_(codes), lists_(lists), metric_(metric), query_(query.begin(), query.end()) {
  CheckVector(metric, query, "query");
  if (metric == Metric::kCosine) Normalize(query_.data(), query_.size());
}

ProductTable ProductScorer::InList(uint32_t list) const {
  const size_t dimension = codes_.dimension;
  return ProductTable(codes_, metric_, query_,
                      lists_.centres.span().subspan(list * dimension, dimension));
}

}  // namespace semblance::index
