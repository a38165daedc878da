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
// Moves to a larger area, with the first `kept` bytes; a mapped one is moved without being copied.
void* GrowBig(void* memory, size_t bytes, size_t larger, size_t kept);

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

// An array that grows at its end. A large one, unlike a std::vector, is not copied on the way, so
// that its pages are touched once. Neither movable nor copyable; pointers into it do not outlive an
// Extend.
template <typename T>
class GrowingArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  GrowingArray() = default;
  ~GrowingArray() { Clear(); }
  GrowingArray(const GrowingArray&) = delete;
  GrowingArray& operator=(const GrowingArray&) = delete;

  // `count` elements more, their content unspecified; the first of them.
  T* Extend(size_t count) {
    if (count > capacity_ - size_) Reserve(size_ + count);
    T* const first = data_ + size_;
    size_ += count;
    return first;
  }
  void Clear() {
    FreeBig(data_, capacity_ * sizeof(T));
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  void Reserve(size_t least) {
    const size_t larger = least > capacity_ * 2 ? least : capacity_ * 2;
    if (larger > std::numeric_limits<size_t>::max() / sizeof(T)) throw std::bad_alloc();
    data_ = static_cast<T*>(
        GrowBig(data_, capacity_ * sizeof(T), larger * sizeof(T), size_ * sizeof(T)));
    capacity_ = larger;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace semblance::index
