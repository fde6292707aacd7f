// What the compiler was told about the CPU, and what the CPU says of itself.
#ifndef EMOJIFY_CCPU_H
#define EMOJIFY_CCPU_H

// Constants of the translation unit that includes this header: Swift reads them through the
// clang importer, which sees the same -march as Swift's code generation, and folds them.
enum {
#if defined(__FMA__) || defined(__aarch64__)
  EMOJIFY_HAS_FMA = 1,
#else
  EMOJIFY_HAS_FMA = 0,
#endif
#ifdef __AVX2__
  EMOJIFY_HAS_AVX2 = 1,
#else
  EMOJIFY_HAS_AVX2 = 0,
#endif
#ifdef __AVX512F__
  EMOJIFY_HAS_AVX512 = 1,
#else
  EMOJIFY_HAS_AVX512 = 0,
#endif
};

/// The first instruction set that a binary built for these features needs and this CPU lacks, or NULL.
const char *ccpu_missing_feature(int needs_avx2, int needs_fma, int needs_avx512);

/// The CPU's marketing name, or "unknown CPU". Static storage.
const char *ccpu_name(void);

#endif
