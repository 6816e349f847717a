// Sound files through libsndfile: see CSndFile.h.

#include "CSndFile.h"

#include <sndfile.h>

const char *csndfile_version(void) { return sf_version_string(); }
