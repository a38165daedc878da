// Files that the build put into the binary (tools/cmake/EmbedFiles.cmake).
#pragma once

namespace semblance::encoder {

struct EmbeddedFile {
  const char* name;
  const char* begin;
  const char* end;
};

}  // namespace semblance::encoder
