# The libraries that are installed: vcca_library(NAME ROOMS targets... LIBRARIES outside-libraries...) makes lib<NAME>.a and lib<NAME>.so of
# the objects of these targets (docs/adr/0016-names.md). Only the functions that a public header marks VCCA_API
# are visible: the shared library exports nothing else, and in the archive every other external symbol is renamed to vcca__SYMBOL.
# With ONLY names..., these alone are visible, and the archive is one object in which all other names are local; VERSION is the soname's.
if(NOT CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" OR NOT CMAKE_OBJCOPY OR NOT CMAKE_READELF)
  message(FATAL_ERROR "vcca's libraries need ELF objects, objcopy and readelf (Debian: binutils; found: '${CMAKE_OBJCOPY}', '${CMAKE_READELF}')")
endif()

# Link-time optimisation leaves no symbols to rename in an object unless it holds machine code too.
set(vcca_all_flags "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}}")
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION OR vcca_all_flags MATCHES "-flto")
  include(CheckCCompilerFlag)
  set(CMAKE_REQUIRED_FLAGS -flto)
  check_c_compiler_flag(-ffat-lto-objects VCCA_FAT_LTO)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT VCCA_FAT_LTO)
    message(FATAL_ERROR "vcca's static libraries need objects with machine code: ${CMAKE_C_COMPILER} has no -ffat-lto-objects, so build without -flto")
  endif()
  add_compile_options(-ffat-lto-objects)
endif()

function(vcca_library name)
  cmake_parse_arguments(LIBRARY "" "VERSION" "ROOMS;LIBRARIES;ONLY" ${ARGN})
  list(TRANSFORM LIBRARY_ROOMS REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE parts)
  string(REGEX REPLACE "^vcca-" "" short ${name})
  set(script ${PROJECT_SOURCE_DIR}/cmake/vcca.map)
  if(LIBRARY_ONLY)
    set(script ${PROJECT_BINARY_DIR}/${name}.map)
    string(REPLACE ";" "; " names "${LIBRARY_ONLY}")
    file(CONFIGURE OUTPUT ${script} CONTENT "{ global: @names@; local: *; };\n" @ONLY)
  endif()
  if(NOT LIBRARY_VERSION)
    set(LIBRARY_VERSION ${PROJECT_VERSION})
  endif()
  string(REGEX MATCH "^[0-9]+" major ${LIBRARY_VERSION})

  foreach(kind static shared)
    string(TOUPPER ${kind} type)
    set(target library_${short}_${kind})
    add_library(${target} ${type} ${parts})
    add_library(vcca::${short}-${kind} ALIAS ${target})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} EXPORT_NAME ${short}-${kind} LINKER_LANGUAGE C)
    target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
                                                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} PRIVATE ${LIBRARY_LIBRARIES})
    if(VCCA_SANITIZE)
      target_link_options(${target} PUBLIC -fsanitize=${VCCA_SANITIZE})
    endif()
  endforeach()
  set_target_properties(library_${short}_shared PROPERTIES VERSION ${LIBRARY_VERSION} SOVERSION ${major} LINK_DEPENDS ${script})
  target_link_options(library_${short}_shared PRIVATE -Wl,--version-script=${script} -Wl,--as-needed)
  if(NOT VCCA_SANITIZE) # whose functions are the program's
    target_link_options(library_${short}_shared PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET library_${short}_static POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DARCHIVE=$<TARGET_FILE:library_${short}_static> -DOBJCOPY=${CMAKE_OBJCOPY} -DREADELF=${CMAKE_READELF}
            -DLINKER=${CMAKE_LINKER} -DAR=${CMAKE_AR} "-DONLY=${LIBRARY_ONLY}" -P ${PROJECT_SOURCE_DIR}/cmake/private_names.cmake)
  # vcca::NAME follows BUILD_SHARED_LIBS, as in the installed package
  if(BUILD_SHARED_LIBS)
    add_library(vcca::${short} ALIAS library_${short}_shared)
  else()
    add_library(vcca::${short} ALIAS library_${short}_static)
  endif()
  install(TARGETS library_${short}_static library_${short}_shared EXPORT vccaTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()
