# libvcca-preload.so, which `vcca exec` puts before a dynamic program's own libraries (preload/preload.c). It needs libc alone, takes the place
# of its functions, and is loaded by any program: without sanitizers and fortified headers.
file(GLOB preload_sources CONFIGURE_DEPENDS preload/*.c driver/*.c)
add_library(vcca_preload MODULE ${preload_sources})
set_target_properties(vcca_preload PROPERTIES OUTPUT_NAME vcca-preload)
target_include_directories(vcca_preload PRIVATE ${PROJECT_SOURCE_DIR} include)
target_compile_definitions(vcca_preload PRIVATE _GNU_SOURCE)
target_compile_options(vcca_preload PRIVATE -U_FORTIFY_SOURCE -U_FILE_OFFSET_BITS)
target_link_libraries(vcca_preload PRIVATE ${CMAKE_DL_LIBS})
vcca_warnings(vcca_preload)
install(TARGETS vcca_preload LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/vcca)
