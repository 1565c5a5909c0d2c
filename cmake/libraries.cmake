# The outside libraries. Debian's libmbedtls-dev 2.28 has neither a CMake package nor a pkg-config file, so
# it is found by name; the others by pkg-config.
find_package(PkgConfig REQUIRED)

find_path(MBEDTLS_INCLUDE_DIR psa/crypto.h REQUIRED)
foreach(header version build_info) # the latter from 3.0 on
  if(EXISTS ${MBEDTLS_INCLUDE_DIR}/mbedtls/${header}.h)
    file(STRINGS ${MBEDTLS_INCLUDE_DIR}/mbedtls/${header}.h line REGEX "define MBEDTLS_VERSION_STRING +\"")
    if(line MATCHES "\"([0-9.]+)")
      set(VCCA_MBEDTLS_VERSION ${CMAKE_MATCH_1})
    endif()
  endif()
endforeach()
set(VCCA_MBEDTLS_NAMES mbedx509 mbedcrypto) # in the order of static linking
if(VCCA_MBEDTLS_VERSION VERSION_GREATER_EQUAL 4)
  set(VCCA_MBEDTLS_NAMES mbedx509 tfpsacrypto)
endif()
foreach(part ${VCCA_MBEDTLS_NAMES})
  find_library(${part}_LIBRARY ${part} REQUIRED)
  list(APPEND VCCA_MBEDTLS ${${part}_LIBRARY})
endforeach()
message(STATUS "mbedTLS ${VCCA_MBEDTLS_VERSION}")

pkg_check_modules(LIBCBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBYAML REQUIRED IMPORTED_TARGET yaml-0.1)
set(VCCA_LIBCBOR PkgConfig::LIBCBOR)
set(VCCA_JANSSON PkgConfig::JANSSON)
set(VCCA_LIBYAML PkgConfig::LIBYAML)

find_path(LIBFDT_INCLUDE_DIR libfdt.h REQUIRED)
find_library(LIBFDT_LIBRARY fdt REQUIRED)
set(VCCA_LIBFDT ${LIBFDT_LIBRARY})

find_library(ZLIB_LIBRARY z REQUIRED)
find_path(ZLIB_INCLUDE_DIR zlib.h REQUIRED)

# configfs-tsm is a FUSE file system; without libfuse3 there is all else.
set(VCCA_FUSE AUTO CACHE STRING "libfuse3: AUTO, ON or OFF")
set_property(CACHE VCCA_FUSE PROPERTY STRINGS AUTO ON OFF)
if(NOT VCCA_FUSE STREQUAL "OFF")
  pkg_check_modules(FUSE3 IMPORTED_TARGET fuse3>=3.3)
  if(FUSE3_FOUND)
    set(VCCA_FUSE_LIBRARY PkgConfig::FUSE3)
    set(VCCA_FUSE_DEFINITIONS VCCA_HAVE_FUSE _GNU_SOURCE _FILE_OFFSET_BITS=64)
  elseif(NOT VCCA_FUSE STREQUAL "AUTO")
    message(FATAL_ERROR "VCCA_FUSE=${VCCA_FUSE}, but there is no libfuse 3.3 or later (Debian: libfuse3-dev)")
  endif()
endif()

# A guest program is a thread that takes turns with its host.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Engines for hashing and signatures that may be there: AUTO takes what is found, ON insists, OFF leaves it out (docs/adr/0009-engines.md).
foreach(engine OPENSSL IPSEC_MB)
  set(VCCA_${engine} AUTO CACHE STRING "Hashing engine: AUTO, ON or OFF")
  set_property(CACHE VCCA_${engine} PROPERTY STRINGS AUTO ON OFF)
endforeach()
set(VCCA_ENGINES "")            # what the crypto room links
set(VCCA_ENGINE_HEADERS "")     # includes from
set(VCCA_ENGINE_DEFINITIONS "") # and is compiled with
if(NOT VCCA_OPENSSL STREQUAL "OFF")
  pkg_check_modules(LIBCRYPTO IMPORTED_TARGET libcrypto>=3.0)
  if(LIBCRYPTO_FOUND)
    list(APPEND VCCA_ENGINES PkgConfig::LIBCRYPTO)
    list(APPEND VCCA_ENGINE_DEFINITIONS VCCA_HAVE_OPENSSL VCCA_HAVE_LIBCRYPTO)
  elseif(NOT VCCA_OPENSSL STREQUAL "AUTO")
    message(FATAL_ERROR "VCCA_OPENSSL=${VCCA_OPENSSL}, but there is no libcrypto 3 (Debian: libssl-dev)")
  endif()
endif()
if(NOT VCCA_IPSEC_MB STREQUAL "OFF") # Debian 12's has no pkg-config file
  find_path(IPSEC_MB_INCLUDE_DIR intel-ipsec-mb.h)
  find_library(IPSEC_MB_LIBRARY IPSec_MB)
  if(IPSEC_MB_INCLUDE_DIR AND IPSEC_MB_LIBRARY)
    list(APPEND VCCA_ENGINES ${IPSEC_MB_LIBRARY})
    list(APPEND VCCA_ENGINE_HEADERS ${IPSEC_MB_INCLUDE_DIR})
    list(APPEND VCCA_ENGINE_DEFINITIONS VCCA_HAVE_IPSEC_MB)
  elseif(NOT VCCA_IPSEC_MB STREQUAL "AUTO")
    message(FATAL_ERROR "VCCA_IPSEC_MB=${VCCA_IPSEC_MB}, but there is no intel-ipsec-mb (Debian on amd64: libipsec-mb-dev)")
  endif()
endif()

# mbedTLS 4 hides its RSA numbers; OpenSSL's take their place, whether its hashing engine is wanted or not
# (docs/adr/0002-crypto-port.md).
if(VCCA_MBEDTLS_VERSION VERSION_GREATER_EQUAL 4 AND NOT "VCCA_HAVE_OPENSSL" IN_LIST VCCA_ENGINE_DEFINITIONS)
  pkg_check_modules(LIBCRYPTO IMPORTED_TARGET libcrypto>=3.0)
  if(NOT LIBCRYPTO_FOUND)
    message(FATAL_ERROR "mbedTLS ${VCCA_MBEDTLS_VERSION} has no RSA private keys for vcca: it takes libcrypto 3 (Debian: libssl-dev), or mbedTLS 2.28 or 3.6")
  endif()
  list(APPEND VCCA_ENGINES PkgConfig::LIBCRYPTO)
  list(APPEND VCCA_ENGINE_DEFINITIONS VCCA_HAVE_LIBCRYPTO)
endif()
