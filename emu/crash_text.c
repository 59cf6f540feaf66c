/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of a crash. */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include "emu/crash_text.h"
#include "emu/library.h"
#include "emu/watch.h"

enum {
	STACK_LOOK = 16 << 10,	/* so many bytes of a stack may say whose it is */
	STACK_STEP = 512,
};

struct text {
	char *at, *end;		/* end: the NUL's place at the latest */
};

static void put(struct text *text, const char *words)
{
	while (*words != '\0' && text->at < text->end)
		*text->at++ = *words++;
	*text->at = '\0';
}

static void put_hex(struct text *text, uint64_t value)
{
	char digits[2 + 16 + 1], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value != 0);
	*--p = 'x';
	*--p = '0';
	put(text, p);
}

static const struct {
	int sig;
	const char *name, *why;		/* why: of a fault, not of a signal that was sent */
} signals[] = {
	{ SIGSEGV, "SIGSEGV", "memory that is not there" },
	{ SIGBUS, "SIGBUS", "memory that is gone or not aligned" },
	{ SIGFPE, "SIGFPE", "arithmetic that is not possible" },
	{ SIGILL, "SIGILL", "no instruction" },
	{ SIGABRT, "SIGABRT", "" },
};

static bool get_registers(const void *context, uintptr_t *pc, uintptr_t *sp)
{
#if defined(__x86_64__)
	const ucontext_t *uc = context;

	*pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	*sp = (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
	return true;
#elif defined(__aarch64__)
	const ucontext_t *uc = context;

	*pc = (uintptr_t)uc->uc_mcontext.pc;
	*sp = (uintptr_t)uc->uc_mcontext.sp;
	return true;
#else
	(void)context;
	*pc = *sp = 0;
	return false;
#endif
}

/* A stack's words, also where it has ended; the kernel says so instead of a
 * second crash. */
static size_t peek(uintptr_t from, void *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)from, len };
	ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return done > 0 ? (size_t)done : 0;
}

/* The nearest address on the stack that lies in a plug-in's code, or 0. */
static uintptr_t caller_on_stack(uintptr_t sp)
{
	uintptr_t words[STACK_STEP / sizeof(uintptr_t)];
	size_t len;

	sp &= ~(uintptr_t)(sizeof(uintptr_t) - 1);
	for (size_t off = 0; off < STACK_LOOK; off += STACK_STEP) {
		len = peek(sp + off, words, sizeof(words));
		for (size_t i = 0; i < len / sizeof(words[0]); i++) {
			if (library_at(words[i]) != 0)
				return words[i];
		}
		if (len < sizeof(words))
			break;
	}
	return 0;
}

/* nr: of the plug-in whose code it was, 0: nobody's. */
static void put_whose(struct text *text, uint64_t word, unsigned int nr)
{
	if (nr == 0) {
		put(text, "nvmetap itself crashed, no plug-in's code");
		return;
	}
	put(text, "plug-in ");
	put(text, library_name(nr));
	put(text, " crashed in ");
	if (word != 0)
		put(text, watch_where_name(watch_where(word)));
	else
		put(text, library_gone(nr) ? "a thread that ran on after teardown" :
					     "a thread of its own");
}

static void put_decimal(struct text *text, unsigned int value)
{
	char digits[10 + 1], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put(text, p);
}

/* What the signal itself brings with it. */
static void put_signal(struct text *text, int sig, const siginfo_t *info)
{
	unsigned int i = 0;

	while (i + 1 < sizeof(signals) / sizeof(signals[0]) && signals[i].sig != sig)
		i++;
	put(text, ": ");
	put(text, signals[i].name);
	if (info->si_code > 0) {
		put(text, " (");
		put(text, signals[i].why);
		put(text, ") at address ");
		put_hex(text, (uintptr_t)info->si_addr);
	} else if (info->si_code == SI_USER && info->si_pid != getpid()) {
		put(text, ", sent by process ");
		put_decimal(text, (unsigned int)info->si_pid);
	}
}

/* As addr2line takes it. */
static void put_place(struct text *text, const char *what, unsigned int nr, uintptr_t at)
{
	put(text, what);
	put(text, library_name(nr));
	put(text, "+");
	put_hex(text, at - library_start(nr));
}

/* Whose code is said to be found on the stack may be what has returned long
 * ago; of a controller's thread the mark says what is true. */
void crash_text(char *buf, size_t len, uint64_t word, int sig, const siginfo_t *info,
		const void *context)
{
	struct text text = { buf, buf + len - 1 };
	uintptr_t pc, sp, caller = 0;
	bool known = get_registers(context, &pc, &sp);
	unsigned int nr = known ? library_at(pc) : 0;

	if (known && nr == 0)
		caller = caller_on_stack(sp);
	put_whose(&text, word, word != 0 ? watch_library(word) :
			       nr != 0 ? nr : caller != 0 ? library_at(caller) : 0);
	put_signal(&text, sig, info);
	if (nr != 0)
		put_place(&text, ", code at ", nr, pc);
	else if (caller != 0)
		put_place(&text, ", called from ", library_at(caller), caller);
	else if (known) {
		put(&text, ", code at ");
		put_hex(&text, pc);
	}
}

void crash_text_write(const char *line)
{
	struct iovec parts[] = {
		{ (void *)(uintptr_t)"nvmetap: ", 9 },
		{ (void *)(uintptr_t)line, strlen(line) },
		{ (void *)(uintptr_t)"\n", 1 },
	};

	(void)!writev(STDERR_FILENO, parts, 3);
}
