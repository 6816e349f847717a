// SentencePiece behind a C interface. No exception leaves these functions: each failure is a result with words in it.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A loaded model. Functions that take a const model may run at the same time.
typedef struct csp_model csp_model;

// What a function gives back, to be released with csp_release; a NULL result means that memory ran out.
typedef struct csp_result {
    const char *error;    // NULL after success, else the library's words
    const uint8_t *bytes; // text or a serialised model, or the strings of a list one after another
    size_t byte_count;
    const size_t *ends; // of each string of a list, the index in bytes after its last byte
    size_t end_count;
    const int *ids;
    size_t id_count;
} csp_result;

void csp_release(csp_result *result);

// Trains a model on sentences given as a list (see csp_result) and gives its serialised bytes. The options are such a
// list too: keys of the library's trainer and their values in turn.
csp_result *csp_train(const void *options, const size_t *option_ends, size_t option_count, const void *bytes,
                      const size_t *ends, size_t sentence_count);

// Loads a serialised model. The bytes must have been checked: the library trusts the tables inside a model.
csp_result *csp_load(const void *bytes, size_t byte_count, csp_model **model);
void csp_free(csp_model *model);

csp_result *csp_ids(const csp_model *model, const void *text, size_t byte_count);
csp_result *csp_pieces(const csp_model *model, const void *text, size_t byte_count);
// Every id must be in 0 ..< csp_count(model), as in csp_score.
csp_result *csp_text(const csp_model *model, const int *ids, size_t id_count);

int csp_count(const csp_model *model);
csp_result *csp_vocabulary(const csp_model *model);
float csp_score(const csp_model *model, int id);
// The piece's id, or the id of the unknown piece.
int csp_id(const csp_model *model, const void *piece, size_t byte_count);
// The ids of the beginning, the padding, the end and the unknown piece; -1 where there is none.
void csp_specials(const csp_model *model, int ids[4]);

#ifdef __cplusplus
}
#endif

#endif
