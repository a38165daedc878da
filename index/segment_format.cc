#include "index/segment_format.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>
#include <string>

#include "index/error.h"

namespace semblance::index {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are written as they lie in memory");

constexpr char kMagic[8] = {'S', 'M', 'B', 'L', 'S', 'E', 'G', '\0'};

struct Header {
  char magic[8];
  uint32_t version;
  uint8_t kind;
  uint8_t metric;
  uint8_t quantization;
  uint8_t zero;
  uint32_t dimension;
  uint32_t size;
  uint32_t m;
  uint32_t ef_construction;
  uint32_t entry;
  uint32_t upper_rows;
  uint32_t has_equal_rows;
  float spread;
  uint64_t checksum;
};
static_assert(sizeof(Header) == kSegmentHeaderBytes);
static_assert(offsetof(Header, checksum) == kSegmentHeaderBytes - 8);

struct ChunkHeader {
  uint32_t section;
  uint32_t bytes;
};

enum Section : uint32_t {
  kRowIds = 1,
  kVectors,
  kLevels,
  kBaseLinks,
  kUpperLinks,
  kEqualRows,
  kCentre,
  kCodes,
  kTerms,
  kListCentres,
  kBeginnings,
  kPositions,
  kCodebooks
};

[[noreturn]] void Refuse(const std::string& what) {
  throw Error(ErrorKind::kCorruption, "segment: " + what);
}

uint64_t HeaderChecksum(const Header& header) {
  return SegmentChecksum(&header, offsetof(Header, checksum), 0);
}

uint64_t ChunkChecksum(uint64_t chunk, const ChunkHeader& header, const void* content) {
  // Streaming, because header and content lie apart; the state holds everything, nothing is
  // allocated.
  XXH3_state_t state = {};
  XXH3_64bits_reset_withSeed(&state, chunk);
  XXH3_64bits_update(&state, &header, sizeof(header));
  XXH3_64bits_update(&state, content, header.bytes);
  return XXH3_64bits_digest(&state);
}

class Writer {
 public:
  explicit Writer(ByteSink& sink) : sink_(sink) {}

  template <typename T>
  void Write(Section section, const BigArray<T>& array) {
    const char* content = reinterpret_cast<const char*>(array.data());
    for (size_t written = 0; written < array.bytes();) {
      const size_t bytes = std::min(kChunkBytes, array.bytes() - written);
      const ChunkHeader header = {section, static_cast<uint32_t>(bytes)};
      const uint64_t checksum = ChunkChecksum(chunk_++, header, content + written);
      sink_.Write(&header, sizeof(header));
      sink_.Write(content + written, bytes);
      sink_.Write(&checksum, sizeof(checksum));
      written += bytes;
    }
  }

 private:
  ByteSink& sink_;
  uint64_t chunk_ = 0;
};

class Reader {
 public:
  explicit Reader(ByteSource& source) : source_(source) {}

  template <typename T>
  BigArray<T> Read(Section section, size_t count) {
    // Untouched pages cost nothing, so a false count fails at the end of the stream, not here.
    BigArray<T> array(count);
    char* content = reinterpret_cast<char*>(array.data());
    for (size_t read = 0; read < array.bytes();) {
      const size_t bytes = std::min(kChunkBytes, array.bytes() - read);
      ReadChunk({section, static_cast<uint32_t>(bytes)}, content + read);
      read += bytes;
    }
    return array;
  }

 private:
  void ReadChunk(const ChunkHeader& expected, char* content) {
    ChunkHeader header;
    uint64_t checksum;
    source_.Read(&header, sizeof(header));
    if (header.section != expected.section || header.bytes != expected.bytes) {
      Refuse("chunk " + std::to_string(chunk_) + " is " + std::to_string(header.bytes) +
             " bytes of section " + std::to_string(header.section) + "; expected " +
             std::to_string(expected.bytes) + " of section " + std::to_string(expected.section));
    }
    source_.Read(content, expected.bytes);
    source_.Read(&checksum, sizeof(checksum));
    if (checksum != ChunkChecksum(chunk_, header, content)) {
      Refuse("chunk " + std::to_string(chunk_) + " does not match its checksum");
    }
    ++chunk_;
  }

  ByteSource& source_;
  uint64_t chunk_ = 0;
};

// The first that has it.
uint32_t VersionOf(Quantization quantization) {
  switch (quantization) {
    case Quantization::kNone:
      return 1;
    case Quantization::kSq8:
      return 2;
    case Quantization::kF16:
    case Quantization::kBinary:
      return 3;
    case Quantization::kPq:
      return 4;
  }
  return kSegmentVersion;
}

Header MakeHeader(const SegmentData& data) {
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = VersionOf(data.quantization());
  header.quantization = static_cast<uint8_t>(data.quantization());
  header.kind = static_cast<uint8_t>(data.graph   ? Kind::kHnsw
                                     : data.lists ? Kind::kIvf
                                                  : Kind::kFlat);
  if (data.lists) {
    header.version = std::max(header.version, data.lists->spread > 0 ? 5u : 3u);
    header.m = data.lists->count();
    header.spread = data.lists->spread;
  }
  header.metric = static_cast<uint8_t>(data.metric);
  header.dimension = data.dimension;
  header.size = data.size();
  if (data.graph) {
    header.m = data.graph->m;
    header.ef_construction = data.ef_construction;
    header.entry = data.graph->entry;
    header.has_equal_rows = data.graph->next_equal.size() != 0;
    header.upper_rows = static_cast<uint32_t>(data.graph->upper_links.size() / data.graph->m);
  }
  header.checksum = HeaderChecksum(header);
  return header;
}

Header ReadHeader(ByteSource& source) {
  Header header;
  source.Read(&header, sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) Refuse("these bytes are no segment");
  if (header.version < 1 || header.version > kSegmentVersion) {
    Refuse("version " + std::to_string(header.version) + "; this program reads versions 1 to " +
           std::to_string(kSegmentVersion));
  }
  if (header.checksum != HeaderChecksum(header)) Refuse("the header does not match its checksum");
  const auto last_kind = header.version < 3 ? Kind::kHnsw : Kind::kIvf;
  if (header.kind > static_cast<uint8_t>(last_kind)) Refuse("unknown kind");
  const auto quantization = static_cast<Quantization>(header.quantization);
  if (quantization > Quantization::kPq || VersionOf(quantization) > header.version)
    Refuse("unknown quantization");
  if (header.metric > static_cast<uint8_t>(Metric::kInnerProduct)) Refuse("unknown metric");
  if (header.dimension < 1 || header.dimension > kMaxDimension) Refuse("dimension out of range");
  if (header.size > kMaxSegmentSize) Refuse("size out of range");
  if (header.zero != 0) Refuse("a field that is kept zero is not");
  const bool hnsw = header.kind == static_cast<uint8_t>(Kind::kHnsw);
  if (hnsw && (header.m < kMinHnswM || header.m > kMaxHnswM)) Refuse("m out of range");
  if (header.has_equal_rows > 1) Refuse("a flag that is neither 0 nor 1");
  if (hnsw && (header.ef_construction < 1 || header.ef_construction > kMaxEfConstruction)) {
    Refuse("ef_construction out of range");
  }
  const bool ivf = header.kind == static_cast<uint8_t>(Kind::kIvf);
  if (quantization == Quantization::kPq && !ivf) Refuse("pq without lists");
  if (ivf && (header.m > std::min(header.size, kMaxLists) || (header.m == 0) != (header.size == 0)))
    Refuse("number of lists out of range");
  if (!(header.spread >= 0 && std::isfinite(header.spread)) ||
      (header.spread != 0 && !(ivf && header.version >= 5)))
    Refuse("a spread without lists, or that is none");
  if (!hnsw && ((ivf ? 0 : header.m) | header.ef_construction | header.entry | header.upper_rows |
                header.has_equal_rows) != 0) {
    Refuse("a flat segment with a graph");
  }
  return header;
}

void CheckRowIds(const SegmentData& data) {
  for (size_t i = 1; i < data.row_ids.size(); ++i) {
    if (data.row_ids[i - 1] >= data.row_ids[i]) Refuse("row ids that do not ascend");
  }
}

void CheckVectors(const SegmentData& data) {
  // Summing tells as surely as looking at each, and runs at the memory's speed: f32 sums in double
  // cannot overflow.
  for (size_t row = 0; row < data.row_ids.size(); ++row) {
    double sum = 0;
    const float* vector = data.vectors.data() + row * data.dimension;
    for (size_t i = 0; i < data.dimension; ++i) sum += vector[i];
    if (!std::isfinite(sum)) Refuse("row " + std::to_string(data.row_ids[row]) + " is not finite");
  }
}

void CheckCodes(const Codes& codes) {
  const std::span<const uint8_t> bytes = codes.codes.span();
  if (codes.quantization == Quantization::kSq8) {
    // The kernels count on it that a product of codes is at most 127 * 127.
    for (uint8_t code : bytes) {
      if (code == 0x80) Refuse("a code out of range");
    }
  } else if (codes.quantization == Quantization::kF16) {
    constexpr uint8_t kOne = 0x3c;  // the upper byte of 1, the largest there is
    for (size_t i = 1; i < bytes.size(); i += 2) {
      const uint8_t high = bytes[i] & 0x7f;
      if (high > kOne || (high == kOne && bytes[i - 1] != 0)) Refuse("a code out of range");
    }
  }
}

void CheckTerms(const BigArray<CodeTerms>& all) {
  for (const CodeTerms& terms : all.span()) {
    if (!(std::isfinite(terms.scale) && terms.scale >= 0 && std::isfinite(terms.square) &&
          terms.square >= 0)) {
      Refuse("terms that are not finite, or negative");
    }
  }
}

Codes ReadCodes(const Header& header, Reader& reader) {
  // Room for the rows comes with their bytes, not with what the header says of them.
  Codes codes = NewCodes(static_cast<Metric>(header.metric),
                         static_cast<Quantization>(header.quantization), 0, header.dimension);
  codes.centre = reader.Read<float>(kCentre, header.size == 0 ? 0 : header.dimension);
  codes.codes = reader.Read<uint8_t>(kCodes, header.size * codes.stride());
  codes.terms = reader.Read<CodeTerms>(kTerms, header.size);
  for (float value : codes.centre.span()) {
    if (!std::isfinite(value)) Refuse("a centre that is not finite");
  }
  CheckTerms(codes.terms);
  CheckCodes(codes);
  return codes;
}

ProductCodes ReadProductCodes(const Header& header, Reader& reader) {
  ProductCodes codes = NewProductCodes(0, header.dimension);
  const size_t rows = (size_t{header.size} + kProductRows - 1) / kProductRows * kProductRows;
  const size_t points = header.size == 0 ? 0 : codes.groups() * 4 * kCodebookPoints;
  codes.codebooks = reader.Read<float>(kCodebooks, points);
  codes.codes = reader.Read<uint8_t>(kCodes, rows * codes.groups());
  codes.terms = reader.Read<CodeTerms>(kTerms, header.size);
  for (float value : codes.codebooks.span()) {
    if (!std::isfinite(value)) Refuse("a codebook that is not finite");
  }
  FindReaches(codes);
  CheckTerms(codes.terms);
  return codes;
}

HnswGraph ReadGraph(const Header& header, Reader& reader) {
  HnswGraph graph;
  graph.m = header.m;
  graph.entry = header.entry;
  graph.levels = reader.Read<uint8_t>(kLevels, header.size);
  graph.upper_rows = BigArray<uint32_t>(header.size);
  if (NumberUpperRows(graph) != header.upper_rows) Refuse("levels that do not fit the header");
  graph.base_links = reader.Read<uint32_t>(kBaseLinks, size_t{header.size} * 2 * header.m);
  graph.upper_links = reader.Read<uint32_t>(kUpperLinks, size_t{header.upper_rows} * header.m);
  if (header.has_equal_rows) graph.next_equal = reader.Read<uint32_t>(kEqualRows, header.size);
  CheckGraph(graph);
  return graph;
}

IvfLists ReadLists(const Header& header, Reader& reader) {
  IvfLists lists;
  lists.centres = reader.Read<float>(kListCentres, size_t{header.m} * header.dimension);
  lists.begins = reader.Read<uint32_t>(kBeginnings, header.size == 0 ? 0 : size_t{header.m} + 1);
  lists.positions = reader.Read<uint32_t>(kPositions, header.size);
  lists.spread = header.spread;
  CheckLists(lists, header.size);
  NameCentres(lists);
  NumberSlots(lists);
  return lists;
}

}  // namespace

uint64_t SegmentChecksum(const void* bytes, size_t count, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}

void WriteSegment(const SegmentData& data, ByteSink& sink) {
  const Header header = MakeHeader(data);
  sink.Write(&header, sizeof(header));
  Writer writer(sink);
  writer.Write(kRowIds, data.row_ids);
  if (data.codes) {
    writer.Write(kCentre, data.codes->centre);
    writer.Write(kCodes, data.codes->codes);
    writer.Write(kTerms, data.codes->terms);
  } else if (data.product) {
    writer.Write(kCodebooks, data.product->codebooks);
    writer.Write(kCodes, data.product->codes);
    writer.Write(kTerms, data.product->terms);
  } else {
    writer.Write(kVectors, data.vectors);
  }
  if (data.lists) {
    writer.Write(kListCentres, data.lists->centres);
    writer.Write(kBeginnings, data.lists->begins);
    writer.Write(kPositions, data.lists->positions);
  }
  if (!data.graph) return;
  writer.Write(kLevels, data.graph->levels);
  writer.Write(kBaseLinks, data.graph->base_links);
  writer.Write(kUpperLinks, data.graph->upper_links);
  writer.Write(kEqualRows, data.graph->next_equal);
}

SegmentData ReadSegment(ByteSource& source) {
  const Header header = ReadHeader(source);
  Reader reader(source);
  SegmentData data;
  data.metric = static_cast<Metric>(header.metric);
  data.dimension = header.dimension;
  data.row_ids = reader.Read<int64_t>(kRowIds, header.size);
  CheckRowIds(data);
  if (header.quantization == static_cast<uint8_t>(Quantization::kPq)) {
    data.product = ReadProductCodes(header, reader);
  } else if (header.quantization != static_cast<uint8_t>(Quantization::kNone)) {
    data.codes = ReadCodes(header, reader);
  } else {
    data.vectors = reader.Read<float>(kVectors, size_t{header.size} * header.dimension);
    CheckVectors(data);
  }
  if (header.kind == static_cast<uint8_t>(Kind::kHnsw)) {
    data.ef_construction = header.ef_construction;
    data.graph = ReadGraph(header, reader);
  }
  if (header.kind == static_cast<uint8_t>(Kind::kIvf)) data.lists = ReadLists(header, reader);
  return data;
}

}  // namespace semblance::index
