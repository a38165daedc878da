# Warnings, sanitizers and ccache, for every target.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Warnings for our own code; linked libraries' headers are included as SYSTEM.
add_library(semblance_warnings INTERFACE)
target_compile_options(semblance_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-unused-parameter)

if(SEMBLANCE_SANITIZE)
  add_compile_options(-fsanitize=${SEMBLANCE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SEMBLANCE_SANITIZE})
endif()

# One layer = one folder = one static library = one namespace. Every .cc of the folder is in it.
function(semblance_layer name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE semblance_warnings)
endfunction()
