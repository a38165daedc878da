// How much of a long text need be tokenized, for tokenizers that cannot stop by themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace semblance::encoder {

// What `tokenize` makes of so much of the beginning of `text` that the first `count` ids are those
// of the whole; there may be more. Ids that come from beyond a bound, which only a text of little
// else than spaces or characters without a piece reaches, are lost.
std::vector<int32_t> TokenizeBeginning(
    std::string_view text, size_t count,
    const std::function<std::vector<int32_t>(std::string_view)>& tokenize);

}  // namespace semblance::encoder
