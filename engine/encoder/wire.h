// The little of protobuf's wire format that checking and making a file takes: fields one after the
// other, never beyond the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

struct WireField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;      // of all types but kBytes
  std::string_view bytes;  // of kBytes
};

class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}
  // nullopt at the end. Throws kCorruption for what is cut off and for groups, which nobody writes
  // any more.
  std::optional<WireField> Next();

 private:
  uint64_t Varint();
  uint64_t Fixed(size_t bytes);

  std::string_view rest_;
};

// Append a field to a message.
void WriteNumber(uint32_t number, uint64_t value, std::string* message);
void WriteFloat(uint32_t number, float value, std::string* message);
void WriteBytes(uint32_t number, std::string_view bytes, std::string* message);

}  // namespace semblance::encoder
