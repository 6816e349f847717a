// SentencePiece behind a C interface: see CSentencePiece.h.

#include "CSentencePiece.h"

#include <sentencepiece_processor.h>

#include <new>

struct csp_model {
    sentencepiece::SentencePieceProcessor processor;
};

csp_model *csp_create(void) { return new (std::nothrow) csp_model; }

void csp_free(csp_model *model) { delete model; }
