// A training as one file, for a machine that has LibTorch and nothing else (tools/trainer): what
// semblance_export_corpus writes, everything resolved and tokenised, with the first weights in it.
//
// The file, all numbers little-endian; a text is its length in bytes (u64) and the bytes, ids are
// their number (u64) and each as i32:
//
//   "semblance corpus"   16 bytes
//   u64                  version of this layout: 1
//   text                 the options, as lines name=value (options_text.h)
//   u64 x 9, f64, text   the network: layers, hidden, heads, intermediate, vocabulary, positions,
//                        token types, pad token, mlp_only_train (0 or 1); epsilon; pooler
//   u64 x 6              the tokenizer: pad, unk, cls, sep, mask (2^64 - 1 for none), pieces
//   u64, texts           the finished model's files but for its weights: how many; name and bytes
//                        of each
//   u64, tensors         the first weights: how many; of each the name (text), the number of its
//                        sizes (u64), the sizes (u64) and the values (f32)
//   u64, pairs           dev: how many; of each ids, ids, the score (f64)
//   u64, pairs           held-out pairs: how many; of each ids, ids, tag (text), tag (text)
//   u64, texts           combinations of tags: how many, 0 for none; both of each
//   u64 x 3, rows        the rows: how many, columns, whether words are marked (0 or 1); of each
//   row
//                        for each column ids, then, marked, a byte an id (1 where a word begins),
//                        then, with tags, the number of its combination (u64)
//   u64                  checksum of all bytes before it
//
// It is read only after the checksum was found right. A later layout gets another version, which an
// older program refuses by number.
#pragma once

#include <map>
#include <string>

#include "engine/training/loop.h"
#include "engine/training/weights.h"

namespace semblance::training {

struct CorpusFile {
  Task task;
  Weights weights;
  std::map<std::string, std::string> files;  // of the finished model, all but its weights
};

// Replaces `path` when it is written whole. Throws encoder::Error kFull or kInvalid.
void WriteCorpusFile(const CorpusFile& corpus, const std::string& path);
// Throws encoder::Error: kMissing where there is no such file, kCorruption for what is none,
// kUnsupported for another version of the layout.
CorpusFile ReadCorpusFile(const std::string& path);

}  // namespace semblance::training
