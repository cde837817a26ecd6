# Use the installed SIMDe headers (Debian: libsimde-dev) instead of a clone from the network.
if(EXISTS "/usr/include/simde")
  set(FETCHCONTENT_SOURCE_DIR_SIMDE "/usr/include" CACHE PATH "SIMDe headers")
endif()
