# What `cmake --install`, `cpack` and `npm pack` put where; docs/install.md is the user's side of it.
#
#   lib/semblance.so                   the extension, where the loader finds it by name under /usr
#   lib/libsemblance_torch.so, lib/libsemblance_learner.so    training, looked for beside the extension
#   bin/semblance                      the command line
#   lib/pkgconfig, lib/cmake           the extension's path, for build systems
#   share/doc/semblance                licences
#
# Build first: an installation builds nothing. A build with sanitizers is not for installing.
if(SEMBLANCE_SANITIZE)
  return()
endif()
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(packaging ${PROJECT_SOURCE_DIR}/tools/packaging)
set(packages ${PROJECT_BINARY_DIR}/packaging)
set(modules semblance_extension)
if(SEMBLANCE_TRAINING)
  list(APPEND modules semblance_torch semblance_learner)
endif()

# The libraries in the system's folders are found there; only an OpenBLAS beside them is named.
get_filename_component(openblas_folder ${OPENBLAS_LIBRARY} DIRECTORY)
if(openblas_folder MATCHES "openblas")
  set_target_properties(semblance_extension PROPERTIES INSTALL_RPATH ${openblas_folder})
endif()

install(TARGETS semblance_extension
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT extension)
install(TARGETS semblance_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT extension)
if(SEMBLANCE_TRAINING)
  install(TARGETS semblance_torch semblance_learner
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT training)
endif()

# Paths in both are taken from where the file itself lies, so that an installation can be moved.
file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" up ${up})
configure_file(${packaging}/semblance.pc.in ${packages}/semblance.pc @ONLY)
install(FILES ${packages}/semblance.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT extension)
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Semblance)
configure_package_config_file(${packaging}/SemblanceConfig.cmake.in ${packages}/SemblanceConfig.cmake
  INSTALL_DESTINATION ${cmake_folder} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${packages}/SemblanceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${packages}/SemblanceConfig.cmake ${packages}/SemblanceConfigVersion.cmake
  DESTINATION ${cmake_folder} COMPONENT extension)

# Licences: the table of docs/third-party.md, held against what was linked.
set(module_files "")
foreach(target IN LISTS modules ITEMS semblance_cli)
  list(APPEND module_files $<TARGET_FILE:${target}>)
endforeach()
add_custom_command(OUTPUT ${packages}/copyright
  COMMAND bash ${packaging}/make-copyright ${PROJECT_SOURCE_DIR}/docs/third-party.md
    ${PROJECT_BINARY_DIR}/build.ninja ${packages}/copyright ${module_files}
  DEPENDS ${packaging}/make-copyright ${PROJECT_SOURCE_DIR}/docs/third-party.md ${modules} semblance_cli
  COMMENT "Licences of what is linked" VERBATIM)
foreach(component IN ITEMS extension training)
  set(folder semblance)
  if(component STREQUAL training)
    set(folder semblance-training)
    if(NOT SEMBLANCE_TRAINING)
      continue()
    endif()
  endif()
  install(FILES ${packages}/copyright ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${folder} COMPONENT ${component})
endforeach()

# The npm package, ready for `npm pack`.
set(npm ${packages}/npm)
configure_file(${packaging}/npm/package.json.in ${npm}/package.json @ONLY)
set(npm_files "")
foreach(file IN ITEMS index.cjs index.mjs index.d.ts README.md)
  add_custom_command(OUTPUT ${npm}/${file} DEPENDS ${packaging}/npm/${file}
    COMMAND ${CMAKE_COMMAND} -E copy ${packaging}/npm/${file} ${npm}/${file})
  list(APPEND npm_files ${npm}/${file})
endforeach()
set(npm_modules "")
foreach(target IN LISTS modules)
  list(APPEND npm_modules $<TARGET_FILE:${target}>)
endforeach()
add_custom_command(OUTPUT ${npm}/stamp DEPENDS ${modules} ${packages}/copyright ${PROJECT_SOURCE_DIR}/LICENSE
  COMMAND ${CMAKE_COMMAND} -E make_directory ${npm}/lib
  COMMAND ${CMAKE_COMMAND} -E copy ${npm_modules} ${npm}/lib
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/LICENSE ${packages}/copyright ${npm}
  COMMAND ${CMAKE_COMMAND} -E touch ${npm}/stamp)
add_custom_target(semblance_packaging ALL DEPENDS ${packages}/copyright ${npm}/stamp ${npm_files})

# Two Debian packages, because LibTorch is 150 MB that searching does not need.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME semblance)
set(CPACK_PACKAGE_VENDOR Semblance)
set(CPACK_PACKAGE_CONTACT "The Semblance authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL extension)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_EXTENSION_PACKAGE_NAME semblance)
set(CPACK_DEBIAN_EXTENSION_PACKAGE_RECOMMENDS sqlite3)
set(CPACK_DEBIAN_EXTENSION_PACKAGE_SUGGESTS semblance-training)
set(CPACK_COMPONENT_EXTENSION_DESCRIPTION
  "SQLite extension that searches text by meaning\n The extension, and the command line that loads it.")
if(SEMBLANCE_TRAINING)
  list(APPEND CPACK_COMPONENTS_ALL training)
  set(CPACK_DEBIAN_TRAINING_PACKAGE_NAME semblance-training)
  set(CPACK_DEBIAN_TRAINING_PACKAGE_DEPENDS "semblance (= ${PROJECT_VERSION})")
  set(CPACK_COMPONENT_TRAINING_DESCRIPTION
    "SQLite extension that searches text by meaning: training\n What semblance_train() loads, with LibTorch.")
endif()
include(CPack)
