/* SPDX-License-Identifier: BSD-2-Clause */
/* The plug-ins that were loaded, by number. */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "emu/library.h"

struct library {
	char name[LIBRARY_NAME];
	uintptr_t from;
	size_t len;
	bool there;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct library libraries[LIBRARY_MAX + 1];
static unsigned int last;	/* given out */

/* The number that has not been needed for the longest time. */
unsigned int library_add(const char *name)
{
	unsigned int nr = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < LIBRARY_MAX && nr == 0; i++) {
		last = last % LIBRARY_MAX + 1;
		if (!libraries[last].there)
			nr = last;
	}
	if (nr != 0) {
		libraries[nr] = (struct library){ .there = true };
		snprintf(libraries[nr].name, sizeof(libraries[nr].name), "%s", name);
	}
	pthread_mutex_unlock(&lock);
	return nr;
}

void library_place(unsigned int nr, uintptr_t from, size_t len)
{
	pthread_mutex_lock(&lock);
	libraries[nr].from = from;
	libraries[nr].len = len;
	pthread_mutex_unlock(&lock);
}

void library_remove(unsigned int nr)
{
	pthread_mutex_lock(&lock);
	libraries[nr].there = false;
	pthread_mutex_unlock(&lock);
}

void library_copy_name(unsigned int nr, char name[LIBRARY_NAME])
{
	pthread_mutex_lock(&lock);
	memcpy(name, libraries[nr].name, LIBRARY_NAME);
	pthread_mutex_unlock(&lock);
}

const char *library_name(unsigned int nr)
{
	return libraries[nr].name;
}

uintptr_t library_start(unsigned int nr)
{
	return libraries[nr].from;
}

bool library_gone(unsigned int nr)
{
	return !libraries[nr].there;
}

/* Where one was unloaded, another may be now. */
unsigned int library_at(uintptr_t address)
{
	unsigned int gone = 0;

	for (unsigned int nr = 1; nr <= LIBRARY_MAX; nr++) {
		if (address - libraries[nr].from >= libraries[nr].len)
			continue;
		if (libraries[nr].there)
			return nr;
		gone = nr;
	}
	return gone;
}
