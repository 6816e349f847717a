// SentencePiece behind a C interface. No exception leaves these functions: each failure is a return value with words.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csp_model csp_model;

// An empty model, to be released with csp_free; NULL if memory ran out.
csp_model *csp_create(void);

void csp_free(csp_model *model);

#ifdef __cplusplus
}
#endif

#endif
