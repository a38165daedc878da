// Segmentation by a sentencepiece model whose ids the network numbers in a way of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/encoder/imported_tokenizer.h"
#include "engine/encoder/sentencepiece_text.h"

namespace semblance::encoder {

struct PieceNumbers {
  int32_t offset = 0;  // added to the number of a piece
  // What piece 0, which is the unknown one of models with an offset, becomes; -1: it is like
  // others.
  int32_t first = -1;
};

// `prepare`, where there is one, is done to the text before the model sees it.
std::unique_ptr<const Segmenter> MakePiecesSegmenter(
    std::unique_ptr<const SentencePieceText> text, const PieceNumbers& numbers,
    std::function<std::string(std::string_view)> prepare = nullptr);

}  // namespace semblance::encoder
