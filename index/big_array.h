// Memory for the large arrays of a segment: row ids, vectors, links.
//
// A large array is mapped, not allocated from the heap: its pages exist only once they are written,
// so a size that was read from a damaged file costs nothing until bytes to fill it really arrive;
// and it asks for huge pages, because a walk through a graph touches a new row, and so a new page,
// at nearly every step.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace semblance::index {

// `bytes` bytes at a multiple of 64, content unspecified; throws std::bad_alloc. Zero bytes are
// nullptr.
void* AllocateBig(size_t bytes);
void FreeBig(void* memory, size_t bytes) noexcept;

// A fixed number of elements, movable, not copyable. Content is unspecified until it is written.
template <typename T>
class BigArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  BigArray() = default;
  explicit BigArray(size_t count) : size_(count) {
    if (count > std::numeric_limits<size_t>::max() / sizeof(T)) throw std::bad_alloc();
    data_ = static_cast<T*>(AllocateBig(count * sizeof(T)));
  }
  BigArray(BigArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  BigArray& operator=(BigArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~BigArray() { FreeBig(data_, size_ * sizeof(T)); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace semblance::index
