# semblance_embed_files(TARGET SYMBOL DIRECTORY FILE...)
# Puts files into a target's read-only data with the assembler's .incbin, and writes a header-free C++ source that
# lists them: extern "C" data is reached through `semblance::EmbeddedFile kSYMBOL[]`, declared by the user.
function(semblance_embed_files target symbol directory)
  set(assembly ".section .rodata\n")
  set(declarations "")
  set(rows "")
  set(number 0)
  set(paths "")
  foreach(file IN LISTS ARGN)
    set(path ${directory}/${file})
    list(APPEND paths ${path})
    set(begin ${symbol}_${number}_begin)
    set(end ${symbol}_${number}_end)
    string(APPEND assembly
      ".balign 64\n.hidden ${begin}\n.global ${begin}\n${begin}:\n.incbin \"${path}\"\n.hidden ${end}\n.global ${end}\n${end}:\n.byte 0\n")
    string(APPEND declarations "extern \"C\" const char ${begin}[];\nextern \"C\" const char ${end}[];\n")
    string(APPEND rows "    {\"${file}\", ${begin}, ${end}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  string(APPEND assembly ".section .note.GNU-stack,\"\",@progbits\n")
  set(base ${CMAKE_CURRENT_BINARY_DIR}/${symbol})
  file(CONFIGURE OUTPUT ${base}.s CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${base}.cc CONTENT
"// Made by tools/cmake/EmbedFiles.cmake.
#include \"engine/encoder/embedded_files.h\"
${declarations}namespace semblance::encoder {
extern const EmbeddedFile k${symbol}[] = {
${rows}};
extern const int k${symbol}Count = ${number};
}  // namespace semblance::encoder
" @ONLY)
  set_source_files_properties(${base}.s PROPERTIES LANGUAGE C OBJECT_DEPENDS "${paths}")
  set_source_files_properties(${base}.s PROPERTIES COMPILE_OPTIONS "-xassembler")
  target_sources(${target} PRIVATE ${base}.s ${base}.cc)
endfunction()
