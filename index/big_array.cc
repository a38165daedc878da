#include "index/big_array.h"

#include <sys/mman.h>

#include <cstring>

namespace semblance::index {
namespace {

// Below this, the heap: a mapping costs a system call and whole pages.
constexpr size_t kMapFrom = size_t{1} << 20;
constexpr std::align_val_t kAlignment{64};  // a cache line, and an AVX-512 register

}  // namespace

void* AllocateBig(size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes < kMapFrom) return ::operator new(bytes, kAlignment);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Only advice: where huge pages are switched off the array works all the same.
  static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
  return memory;
}

void FreeBig(void* memory, size_t bytes) noexcept {
  if (memory == nullptr) return;
  if (bytes < kMapFrom) {
    ::operator delete(memory, kAlignment);
  } else {
    munmap(memory, bytes);
  }
}

void* GrowBig(void* memory, size_t bytes, size_t larger, size_t kept) {
  if (memory != nullptr && bytes >= kMapFrom) {
    void* const moved = mremap(memory, bytes, larger, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) throw std::bad_alloc();
    return moved;
  }
  void* const moved = AllocateBig(larger);
  if (kept > 0) std::memcpy(moved, memory, kept);
  FreeBig(memory, bytes);
  return moved;
}

}  // namespace semblance::index
