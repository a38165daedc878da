// sentencepiece's compiled normalisation rules (NormalizerSpec.precompiled_charsmap), checked
// before sentencepiece sees them: it walks this table and reads the replacements without looking
// where they lie.
//
//   u32 little-endian: bytes of the table, a multiple of 4
//   the table: a Darts double array of u32 units; unit 0 is the root.
//     An inner unit has bit 31 clear: label in bits 0-7, bit 8 "a value ends here", and an offset:
//     bits 10-31, shifted left by 8 where bit 9 is set. Its children, and its value as child 0, lie
//     at  index ^ offset ^ label of the child. A value has bit 31 set: bits 0-30 are a place among
//     the replacements.
//   the replacements: texts that each end in NUL
#pragma once

#include <string_view>

namespace semblance::encoder {

// True when no text at all can lead sentencepiece out of `charsmap` or beyond the 32 matches that
// it has room for.
bool IsSoundCharsmap(std::string_view charsmap);

}  // namespace semblance::encoder
