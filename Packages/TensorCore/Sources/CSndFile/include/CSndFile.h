// Sound files through libsndfile, from bytes in memory.
#ifndef CSNDFILE_H
#define CSNDFILE_H

// libsndfile's name and version.
const char *csndfile_version(void);

#endif
