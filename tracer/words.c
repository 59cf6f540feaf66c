/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of --events, as sets of taps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tracer/words.h"

#define WORDS_BIT(name) WORDS_TAP(NVMETAP_TAP_##name)
#define WORDS_FETCH (WORDS_BIT(ADMIN_FETCH) | WORDS_BIT(IO_FETCH))
#define WORDS_EXECUTE (WORDS_BIT(ADMIN_EXECUTE) | WORDS_BIT(IO_EXECUTE))
#define WORDS_ALL (WORDS_DOORBELL | ((WORDS_TAP(NVMETAP_NR_TAPS) - 1) & ~WORDS_BIT(BATCH)))
#define WORDS_DEFAULT (WORDS_ALL & ~(WORDS_FETCH | WORDS_EXECUTE))
#define WORDS_SESSION (WORDS_BIT(SESSION) | WORDS_BIT(REGISTERS))

static const struct {
	const char *name;
	uint64_t set;
} words[] = {
	{"session", WORDS_SESSION},
	{"pci", WORDS_BIT(CFGREAD) | WORDS_BIT(CFGWRITE)},
	{"reg", WORDS_BIT(REGREAD) | WORDS_BIT(REGWRITE)},
	{"doorbell", WORDS_DOORBELL},
	{"msix", WORDS_BIT(MSIXREAD) | WORDS_BIT(MSIXWRITE)},
	{"irq", WORDS_BIT(INTERRUPT)},
	{"admin", WORDS_BIT(ADMIN_DECODE) | WORDS_BIT(ADMIN_WRITEBACK)},
	{"io", WORDS_BIT(IO_DECODE) | WORDS_BIT(IO_WRITEBACK)},
	{"cpl", WORDS_BIT(ADMIN_WRITEBACK) | WORDS_BIT(IO_WRITEBACK)},
	{"list", WORDS_BIT(LIST)},
	{"data", WORDS_BIT(ADMIN_MEMORY) | WORDS_BIT(IO_MEMORY)},
	{"ctrl", WORDS_BIT(CTRL)},
	{"queue", WORDS_BIT(QUEUE)},
	{"async", WORDS_BIT(ASYNC)},
	{"dma", WORDS_BIT(DMAMAP) | WORDS_BIT(DMAUNMAP)},
	{"console", WORDS_BIT(CONSOLE)},
	{"mark", WORDS_BIT(MARK)},
	{"log", WORDS_BIT(LOG)},
	{"inject", WORDS_BIT(INJECT)},
	{"fetch", WORDS_FETCH},
	{"execute", WORDS_EXECUTE},
	{"all", WORDS_ALL},
};

enum {
	WORDS_NR = sizeof(words) / sizeof(words[0]),
};

static int words_refuse(const char *word, size_t len, char *err, size_t errlen)
{
	size_t used;

	snprintf(err, errlen, "unknown event word '%.*s'; the words are", (int)len, word);
	for (size_t i = 0; i < WORDS_NR; i++) {
		used = strlen(err);
		if (used >= errlen)
			break;
		snprintf(err + used, errlen - used, " %s", words[i].name);
	}
	return -EINVAL;
}

static int words_add(const char *word, size_t len, bool remove, uint64_t *set)
{
	for (size_t i = 0; i < WORDS_NR; i++) {
		if (strlen(words[i].name) != len || memcmp(words[i].name, word, len) != 0)
			continue;
		*set = remove ? *set & ~words[i].set : *set | words[i].set;
		return 0;
	}
	return -ENOENT;
}

int words_parse(const char *events, uint64_t *set, char *err, size_t errlen)
{
	const char *word = events;
	size_t len;
	char sign;

	if (events == NULL || *events == '-' || *events == '+')
		*set = WORDS_DEFAULT;
	else
		*set = WORDS_SESSION;
	while (word != NULL) {
		sign = *word;
		if (sign == '-' || sign == '+')
			word++;
		len = strcspn(word, ",+-");
		if (words_add(word, len, sign == '-', set) != 0)
			return words_refuse(word, len, err, errlen);
		word += len;
		if (*word == ',')
			word++;
		else if (*word == '\0')
			word = NULL;
	}
	return 0;
}
