# golden.score is linked with copies of what decides a verdict, in which every refusal can be taken out at run time. A copy
# differs from its original in what follows; its lines have the same numbers. See mutant.h.
set(mutant_sources token/cbor_read.c token/decode.c token/rak.c measurement/eventlog.c crypto/chain.c
                   verifier/verify.c verifier/family_check.c verifier/finding.c verifier/eventlog_check.c verifier/references.c
                   verifier/endorsed.c verifier/rv_store.c verifier/compare.c verifier/policy.c verifier/boot_images.c
                   verifier/boot_log.c)
foreach(source ${mutant_sources})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
  file(READ ${PROJECT_SOURCE_DIR}/${source} text)
  string(REGEX REPLACE "\n(static bool|void) (refuse|finding_fail)\\(" "\n\\1 (\\2)(" text "${text}")
  # what an if guards is left out with its return, so that the function goes on as if the condition were false
  string(REGEX REPLACE "\n( *(} else )?if \\([^\n]*\\))\n( *)return (vcca_fail_at|refuse)\\(" "\n\\1\n\\3if (!mutant_skips(__FILE__, __LINE__)) return \\4(" text "${text}")
  # a whole check is taken out by its result, wherever in the verifier that comes from
  string(REPLACE " checks[i](&w, f);" " checks[i](&w, f), mutant_after(f);" text "${text}")
  string(REPLACE "/" "-" copy ${source})
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/mutants/${copy} CONTENT "${text}")
  target_sources(golden_score PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/mutants/${copy})
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/mutants/${copy} PROPERTIES GENERATED TRUE
    COMPILE_OPTIONS "-include;${CMAKE_CURRENT_SOURCE_DIR}/golden/mutant.h")
endforeach()
target_link_libraries(golden_score PRIVATE ${VCCA_MBEDTLS} ${VCCA_JANSSON})
target_include_directories(golden_score SYSTEM PRIVATE ${MBEDTLS_INCLUDE_DIR})
