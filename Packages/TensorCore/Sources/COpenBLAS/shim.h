#include <cblas.h>

// LAPACK, which OpenBLAS contains but whose header it does not install: eigenvalues w and eigenvectors (in a, by columns)
// of a symmetric matrix.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
