/* SPDX-License-Identifier: BSD-2-Clause */
/* A library that is no plug-in for this program, as ODD_… says. */
#include <stdint.h>

extern const uint32_t nvmetap_abi[];
int setup(void);
int from_nowhere(void);

#if defined(ODD_VERSION)
const uint32_t nvmetap_abi[] = { 1000, 10000 };
#elif defined(ODD_SIZE)
const uint32_t nvmetap_abi[] = { 1, 8, 8, 10000 };
#elif defined(ODD_SETUP) || defined(ODD_SYMBOL)
const uint32_t nvmetap_abi[] = { 1, 8 };
#endif

#ifndef ODD_SETUP
int setup(void)
{
#ifdef ODD_SYMBOL
	return from_nowhere();
#else
	return 0;
#endif
}
#endif

#ifdef ODD_LOADING
#include <stdlib.h>
__attribute__((constructor)) static void too_early(void)
{
	abort();
}
#endif
