# semblance_embed_files(TARGET SYMBOL DIRECTORY FILE...)
# Puts the files, as many as there are, into a target's read-only data with the assembler's .incbin, and a C++ source
# that lists them beside it: `extern const EmbeddedFile kSYMBOL[]` and `extern const int kSYMBOLCount`, both in
# semblance::encoder. A file that changes is embedded anew by the next build.
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
  # The last row stands for nothing: an array may not be empty.
  file(CONFIGURE OUTPUT ${base}.cc CONTENT
"// Made by tools/cmake/EmbedFiles.cmake.
#include \"engine/encoder/embedded_files.h\"
${declarations}namespace semblance::encoder {
extern const EmbeddedFile k${symbol}[] = {
${rows}    {nullptr, nullptr, nullptr}};
extern const int k${symbol}Count = ${number};
}  // namespace semblance::encoder
" @ONLY)
  # By the assembler alone, not through ccache: what it reads with .incbin is in no dependency list but this one.
  set(object ${base}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} -c -x assembler ${base}.s -o ${object}
    DEPENDS ${base}.s ${paths}
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  target_sources(${target} PRIVATE ${base}.cc ${object})
endfunction()
