#include "index/big_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>

namespace semblance::index {
namespace {

TEST(BigArray, HoldsWhatIsWrittenWhateverItsSize) {
  for (size_t count : {size_t{1}, size_t{1000}, size_t{3} << 20}) {
    BigArray<uint32_t> array(count);
    EXPECT_EQ(array.bytes(), count * 4);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(array.data()) % 64, 0u);
    array[0] = 5;
    array[count - 1] = 7;
    EXPECT_EQ(array.span()[count - 1], 7u);
  }
}

TEST(BigArray, MovesItsMemory) {
  BigArray<int> a(10);
  a[3] = 42;
  const int* const memory = a.data();
  BigArray<int> b(std::move(a));
  EXPECT_EQ(b.data(), memory);
  EXPECT_EQ(a.size(), 0u);
  BigArray<int> c(size_t{1} << 20);
  c = std::move(b);
  EXPECT_EQ(c[3], 42);
  EXPECT_EQ(c.size(), 10u);
}

TEST(BigArray, OfNothingHasNoMemory) {
  EXPECT_EQ(BigArray<int>(0).data(), nullptr);
  EXPECT_EQ(BigArray<int>().size(), 0u);
}

TEST(BigArray, ThatCannotBeThrows) {
  EXPECT_THROW(BigArray<uint64_t>(std::numeric_limits<size_t>::max() / 4), std::bad_alloc);
  EXPECT_THROW(BigArray<uint64_t>(std::numeric_limits<size_t>::max() / 16), std::bad_alloc);
}

TEST(GrowingArray, KeepsWhatIsThereFromTheHeapToMappedMemory) {
  GrowingArray<uint32_t> array;
  EXPECT_EQ(array.size(), 0u);
  uint32_t next = 0;
  for (size_t count : {1, 7, 300, 5000, 200000, 300000, 1, 700000}) {
    uint32_t* const added = array.Extend(count);
    for (size_t i = 0; i < count; ++i) added[i] = next++;
  }
  ASSERT_EQ(array.size(), next);
  for (uint32_t i = 0; i < next; ++i) ASSERT_EQ(array.data()[i], i);
  array.Clear();
  EXPECT_EQ(array.size(), 0u);
  *array.Extend(1) = 5;
  EXPECT_EQ(array.span()[0], 5u);
}

TEST(GrowingArray, ThatCannotBeThrowsAndIsAsBefore) {
  GrowingArray<uint64_t> array;
  *array.Extend(1) = 8;
  EXPECT_THROW(array.Extend(std::numeric_limits<size_t>::max() / 4), std::bad_alloc);
  EXPECT_THROW(array.Extend(std::numeric_limits<size_t>::max() / 32), std::bad_alloc);
  EXPECT_EQ(array.size(), 1u);
  EXPECT_EQ(array.data()[0], 8u);
}

}  // namespace
}  // namespace semblance::index
