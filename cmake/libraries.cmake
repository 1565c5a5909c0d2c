# The outside libraries. Debian's libmbedtls-dev 2.28 has neither a CMake package nor a pkg-config file, so
# it is found by name; the others by pkg-config.
find_package(PkgConfig REQUIRED)

find_path(MBEDTLS_INCLUDE_DIR psa/crypto.h REQUIRED)
foreach(part mbedcrypto mbedx509)
  find_library(${part}_LIBRARY ${part} REQUIRED)
  list(APPEND VCCA_MBEDTLS ${${part}_LIBRARY})
endforeach()
list(REVERSE VCCA_MBEDTLS) # x509 before crypto, for static linking

pkg_check_modules(LIBCBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBYAML REQUIRED IMPORTED_TARGET yaml-0.1)
set(VCCA_LIBCBOR PkgConfig::LIBCBOR)
set(VCCA_JANSSON PkgConfig::JANSSON)
set(VCCA_LIBYAML PkgConfig::LIBYAML)

find_path(LIBFDT_INCLUDE_DIR libfdt.h REQUIRED)
find_library(LIBFDT_LIBRARY fdt REQUIRED)
set(VCCA_LIBFDT ${LIBFDT_LIBRARY})

# A guest program is a thread that takes turns with its host.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
