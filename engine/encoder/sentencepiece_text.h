// The sentencepiece library behind a wall: a checked model, and text to pieces with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/sentencepiece_model.h"

namespace semblance::encoder {

class SentencePieceText {
 public:
  // `name` is the file's, for messages. Throws encoder::Error; never ends the process, whatever the
  // bytes.
  static std::unique_ptr<const SentencePieceText> Load(std::string_view bytes,
                                                       const std::string& name);
  virtual ~SentencePieceText() = default;

  // `text` is well-formed UTF-8. The library takes time that is quadratic in a run of characters
  // without a piece, a quarter of a second for 64 KiB.
  virtual std::vector<int32_t> Ids(std::string_view text) const = 0;
  virtual std::vector<std::string> Pieces(std::string_view text) const = 0;
  virtual int32_t IdOf(std::string_view piece) const = 0;  // the unknown one's where there is none
  virtual const SentencePieceModel& model() const = 0;
};

}  // namespace semblance::encoder
