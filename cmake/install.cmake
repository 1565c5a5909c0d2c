# The CMake package (vcca::NAME per room, vcca::vcca for all) and the pkg-config files.
include(CMakePackageConfigHelpers)

add_library(vcca INTERFACE)
add_library(vcca::vcca ALIAS vcca)
target_link_libraries(vcca INTERFACE ${VCCA_ROOMS})

install(TARGETS vcca ${VCCA_ROOMS} EXPORT vccaTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/vcca DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/include/vcca/version.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vcca)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vcca)
install(EXPORT vccaTargets NAMESPACE vcca:: DESTINATION ${package_dir})
configure_package_config_file(cmake/vccaConfig.cmake.in vccaConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(vccaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/vccaConfig.cmake ${PROJECT_BINARY_DIR}/vccaConfigVersion.cmake DESTINATION ${package_dir})

# vcca.pc links the whole house, vcca-verifier.pc a relying party without the machine.
set(all_libs "-lvcca-scenario -lvcca-boot -lvcca-tsi -lvcca-rmm -lvcca-hsm -lvcca-verifier -lvcca-token -lvcca-measurement -lvcca-crypto -lvcca-base")
set(verifier_libs "-lvcca-verifier -lvcca-token -lvcca-measurement -lvcca-crypto -lvcca-base")
foreach(pc vcca vcca-verifier)
  if(pc STREQUAL "vcca")
    set(pc_libs "${all_libs} -lfdt -pthread")
    set(pc_requires "libcbor jansson yaml-0.1")
  else()
    set(pc_libs "${verifier_libs}")
    set(pc_requires "libcbor jansson")
  endif()
  set(pc_name ${pc})
  configure_file(cmake/vcca.pc.in ${pc}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
