# One folder, one static library: vcca_room(NAME rooms-it-may-use... LIBRARIES outside-libraries... HEADERS where-theirs-are...).
# The library is rooms/libNAME.a in the build folder. Rooms are not installed; what is, is made of their objects (library.cmake).
set(VCCA_ROOMS "")

function(vcca_warnings target)
  if(VCCA_STRICT)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion
      -Wcast-qual -Wcast-align -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
      -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum -Wnull-dereference -Wdouble-promotion)
  endif()
endfunction()

function(vcca_flags target)
  vcca_warnings(${target})
  if(VCCA_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${VCCA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${VCCA_SANITIZE})
  endif()
endfunction()

function(vcca_room name)
  cmake_parse_arguments(ROOM "" "" "LIBRARIES;HEADERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.c)
  if(NOT sources)
    return()
  endif()
  add_library(vcca_${name} STATIC ${sources})
  set_target_properties(vcca_${name} PROPERTIES OUTPUT_NAME ${name} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/rooms)
  target_include_directories(vcca_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    PRIVATE ${PROJECT_SOURCE_DIR})
  foreach(below ${ROOM_UNPARSED_ARGUMENTS})
    if(TARGET vcca_${below})
      target_link_libraries(vcca_${name} PUBLIC vcca_${below})
    endif()
  endforeach()
  target_link_libraries(vcca_${name} PRIVATE ${ROOM_LIBRARIES})
  target_include_directories(vcca_${name} SYSTEM PRIVATE ${ROOM_HEADERS})
  vcca_flags(vcca_${name})
  set(VCCA_ROOMS ${VCCA_ROOMS} vcca_${name} PARENT_SCOPE)
endfunction()
