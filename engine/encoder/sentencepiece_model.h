// A sentencepiece model file, checked before the library sees it. The library trusts its input in
// places: it ends the process, reads past an array or fills the stack on bytes that no trainer
// writes. This reads the protobuf by itself and lets through only what is known to be handled.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

struct SentencePieceModel {
  uint32_t piece_count = 0;
  int32_t unk_id = -1;
  // Pieces that no text can become by itself (control pieces) and the unknown one, by name.
  std::map<std::string, int32_t, std::less<>> reserved;
};

// Throws kCorruption for bytes that are no model, kUnsupported for a model of words or characters;
// the messages leave the file's name to the caller.
SentencePieceModel CheckSentencePieceModel(std::string_view bytes);

}  // namespace semblance::encoder
