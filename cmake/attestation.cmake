# libvccaattestation, in place of the virtCCA SDK's library: its five functions, its soname, and nothing else that is visible. Of guest/ it
# takes what keeps a VM; what serves other programs, and FUSE, stays out.
set(vcca_rooms_before ${VCCA_ROOMS})
vcca_room(attestation base crypto measurement token yaml hsm rmm verifier tsi boot driver scenario guest LIBRARIES Threads::Threads)
set(VCCA_ROOMS ${vcca_rooms_before})

add_library(vcca_vm OBJECT guest/driver_calls.c guest/inject.c guest/requests.c guest/running.c guest/running_trace.c)
target_include_directories(vcca_vm PRIVATE include ${PROJECT_BINARY_DIR}/include ${PROJECT_SOURCE_DIR})
vcca_flags(vcca_vm)
vcca_library(vccaattestation VERSION 1.0.0 ONLY tsi_new_ctx tsi_free_ctx get_version get_attestation_token get_dev_cert
  LIBRARIES ${signing} ${VCCA_LIBFDT} ${ZLIB_LIBRARY}
  ROOMS vcca_base vcca_crypto vcca_measurement vcca_token vcca_yaml vcca_hsm vcca_rmm vcca_verifier vcca_tsi vcca_boot vcca_driver vcca_scenario vcca_vm
        vcca_attestation)
install(FILES attestation/attestation.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
