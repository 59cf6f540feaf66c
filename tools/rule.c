/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule's clauses: the tap, the expression, how often, and its actions. */
#include "tools/rule.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "dissector/expr_lexer.h"
#include "dissector/model.h"

enum {
	NAME_MAX_LEN = 64,
	DEFAULT_SEED = 1,
};

/* What may stand between the tap and "do", each once.  Their names are the
 * words that end an expression. */
enum clause {
	CLAUSE_IF,
	CLAUSE_QUEUE,
	CLAUSE_AFTER,
	CLAUSE_EVERY,
	CLAUSE_TIMES,
	CLAUSE_ONCE,
	CLAUSE_SEED,
	CLAUSE_FROM,
	CLAUSE_TO,
	CLAUSE_PHASE,
	CLAUSE_THEN,
	CLAUSE_DO,
	CLAUSE_CHANCE,		/* begins with a number: "1 in 100" */
	NR_CLAUSES
};

static const char *const clause_names[] = {
	[CLAUSE_IF] = "if", [CLAUSE_QUEUE] = "queue", [CLAUSE_AFTER] = "after",
	[CLAUSE_EVERY] = "every", [CLAUSE_TIMES] = "times", [CLAUSE_ONCE] = "once",
	[CLAUSE_SEED] = "seed", [CLAUSE_FROM] = "from", [CLAUSE_TO] = "to",
	[CLAUSE_PHASE] = "phase", [CLAUSE_THEN] = "then",
	[CLAUSE_DO] = "do",
};

/* NR_CLAUSES: none. */
static unsigned int find_clause(const struct rule_word *word)
{
	for (unsigned int i = 0; i < CLAUSE_CHANCE; i++) {
		if (!word->quoted && rule_word_is(word, clause_names[i]))
			return i;
	}
	return NR_CLAUSES;
}

/* Whether "N in N" stands here, which no expression has: there, "in" is
 * followed by a brace. */
static bool is_chance(const struct rule_text *text)
{
	struct rule_text ahead = *text;
	struct rule_word first = rule_next(&ahead), in = rule_next(&ahead);
	struct rule_word second = rule_next(&ahead);
	uint64_t value;

	return rule_word_number(&first, &value) && rule_word_is(&in, "in") &&
	       rule_word_number(&second, &value);
}

/*
 * Takes the expression: up to the first word that begins a clause, none of which
 * an expression has.  The words are those of the expression's own lexer, so that
 * what it takes for a text is no clause.
 */
static void skip_expression(struct rule_text *text)
{
	struct expr_lexer lexer = { .text = text->text, .len = text->len, .at = text->at };
	struct expr_token token;
	struct rule_word word;

	for (;;) {
		word = rule_peek(text);
		token = lexer_next(&lexer);
		if (token.type == TOKEN_END)
			return;
		if (token.type == TOKEN_WORD &&
		    (is_chance(text) || (find_clause(&word) != NR_CLAUSES &&
					 find_clause(&word) != CLAUSE_IF)))
			return;
		text->at = lexer.at;
	}
}

static const char *stranger_at(const struct rule *rule, unsigned int tap)
{
	uint8_t events[RULE_NR_EVENTS];
	unsigned int nr = rule_tap_events(tap, events);

	return expr_stranger(rule->condition, events, nr);
}

/* The first word of the expression that begins at begin and is the name. */
static size_t find_name(const struct rule_text *text, size_t begin, const char *name)
{
	struct expr_lexer lexer = { .text = text->text, .len = text->at, .at = begin };
	struct expr_token token;

	do
		token = lexer_next(&lexer);
	while (token.type != TOKEN_END && (token.len != strlen(name) ||
					   memcmp(text->text + token.at, name, token.len) != 0));
	return token.type != TOKEN_END ? token.at : begin;
}

/* A field that is never there makes a rule that never fires, or an expression
 * that says nothing. */
static int check_fields(const struct rule *rule, struct rule_text *text, size_t begin)
{
	const char *stranger = stranger_at(rule, rule->tap);
	char where[1024];
	uint64_t taps = 0;

	if (stranger == NULL)
		return 0;
	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (rule_tap_in(TAPS_RULE, tap) && stranger_at(rule, tap) == NULL)
			taps |= UINT64_C(1) << tap;
	}
	rule_tap_names(taps, where, sizeof(where));
	return rule_fail(text, find_name(text, begin, stranger), "%s is never there at %s%s%s",
			 stranger, rule_tap_name(rule->tap), taps != 0 ? "; at" : "", where);
}

static int parse_if(struct rule *rule, struct rule_text *text)
{
	struct expr_error error;
	size_t begin = rule_peek(text).at;

	text->at = begin;
	skip_expression(text);
	rule->condition = expr_compile(text->text + begin, text->at - begin, &error);
	if (rule->condition != NULL)
		return check_fields(rule, text, begin);
	return rule_fail(text, begin + error.at, "%s", error.what);
}

/* Taps of whose events it is known which queue they belong to. */
#define TAPS_QUEUE (TAPS_STAGES | TAP_BIT(LIST) | TAP_BIT(QUEUE) | TAP_BIT(REGWRITE))

static int parse_queue(struct rule *rule, struct rule_text *text, size_t at)
{
	uint64_t queue;

	if (!rule_tap_in(TAPS_QUEUE, rule->tap))
		return rule_fail(text, at, "events of %s belong to no queue",
				 rule_tap_name(rule->tap));
	if (rule_number(text, "a queue", 0, UINT16_MAX, &queue) != 0)
		return -1;
	rule->when.queue = (int32_t)queue;
	return 0;
}

static const char *phase_name(unsigned int phase)
{
	return phase < MODEL_NR_PHASES ? model_phase_name(phase) : NULL;
}

static int parse_phase(struct rule *rule, struct rule_text *text)
{
	struct rule_word word = rule_next(text);
	char name[NAME_MAX_LEN];
	struct near near;

	if (word.len == 0)
		return rule_expected(text, &word, "the name of a phase");
	if (rule_unquote(text, &word, name, sizeof(name)) != 0)
		return -1;
	near_init(&near, name, strlen(name));
	for (unsigned int i = 0; i < MODEL_NR_PHASES; i++) {
		if (strcmp(model_phase_name(i), name) == 0) {
			rule->when.phases |= 1u << i;
			return 0;
		}
		near_offer(&near, model_phase_name(i));
	}
	return rule_unknown(text, &word, "phase", &near, phase_name);
}

static int parse_chance(struct rule *rule, struct rule_text *text)
{
	if (rule_number(text, "a number", 1, UINT32_MAX, &rule->when.chance) != 0)
		return -1;
	rule_next(text);
	return rule_number(text, "a number", rule->when.chance, UINT32_MAX, &rule->when.in);
}

static int parse_clause(struct rule *rule, struct rule_text *text, unsigned int clause,
			size_t at)
{
	struct rule_when *when = &rule->when;

	switch (clause) {
	case CLAUSE_IF:
		return parse_if(rule, text);
	case CLAUSE_QUEUE:
		return parse_queue(rule, text, at);
	case CLAUSE_AFTER:
		return rule_number(text, "a number of events", 1, INT64_MAX, &when->after);
	case CLAUSE_EVERY:
		return rule_number(text, "a number of events", 1, INT64_MAX, &when->every);
	case CLAUSE_TIMES:
		return rule_number(text, "a number of times", 1, INT64_MAX, &when->times);
	case CLAUSE_ONCE:
		when->times = 1;
		return 0;
	case CLAUSE_THEN:
		when->then = (unsigned int)at + 1;
		return 0;
	case CLAUSE_SEED:
		return rule_number(text, "a number", 0, UINT64_MAX, &when->seed);
	case CLAUSE_FROM:
		return rule_time(text, "a time", &when->from_ns);
	case CLAUSE_TO:
		return rule_time(text, "a time", &when->to_ns);
	case CLAUSE_PHASE:
		return parse_phase(rule, text);
	default:
		return parse_chance(rule, text);
	}
}

static int refuse_clause(struct rule_text *text, const struct rule_word *word)
{
	struct near near;
	char shown[256];

	near_init(&near, word->from, word->quoted ? 0 : word->len);
	for (unsigned int i = 0; i < CLAUSE_CHANCE; i++)
		near_offer(&near, clause_names[i]);
	near_words(&near, shown, sizeof(shown));
	if (word->len == 0)
		return rule_fail(text, word->at, "\"do\" and an action are expected, not the end");
	if (rule_action_is(word))
		return rule_fail(text, word->at, "\"do\" is expected before %.*s",
				 (int)word->len, word->from);
	return rule_fail(text, word->at, "if, queue, after, every, times, once, 1 in N, seed, "
			 "from, to, phase, then or do is expected, not %s%.*s%s%s",
			 word->quoted ? "" : "\"", word->len < 40 ? (int)word->len : 40,
			 word->from, word->quoted ? "" : "\"", shown);
}

/* All up to and with "do". */
static int parse_clauses(struct rule *rule, struct rule_text *text)
{
	struct rule_word word, seen[NR_CLAUSES] = { 0 };
	unsigned int clause;

	for (;;) {
		word = rule_peek(text);
		clause = is_chance(text) ? CLAUSE_CHANCE : find_clause(&word);
		if (clause == NR_CLAUSES)
			return refuse_clause(text, &word);
		if (clause != CLAUSE_CHANCE)
			rule_next(text);
		if (clause == CLAUSE_DO)
			return 0;
		if (seen[clause].len != 0)
			return rule_fail(text, word.at, "%.*s stands twice", (int)word.len,
					 word.from);
		seen[clause] = word;
		if (seen[CLAUSE_ONCE].len != 0 && seen[CLAUSE_TIMES].len != 0)
			return rule_fail(text, word.at, "once or times, not both");
		if (parse_clause(rule, text, clause, word.at) != 0)
			return -1;
		if (seen[CLAUSE_TO].len != 0 && rule->when.to_ns <= rule->when.from_ns)
			return rule_fail(text, word.at, "the end is not after the beginning");
	}
}

static int check_ends(const struct rule *rule, struct rule_text *text, size_t at)
{
	unsigned int nr[RULE_DROPS + 1] = { 0 };

	for (unsigned int i = 0; i < rule->nr_actions; i++)
		nr[rule->actions[i].kind->end]++;
	if (nr[RULE_ENDS] > 1 || nr[RULE_KEEPS] > 1 || nr[RULE_DROPS] > 1)
		return rule_fail(text, at, "of status, of delay or hold, and of drop a rule has "
				 "one at most");
	if (nr[RULE_DROPS] != 0 && nr[RULE_ENDS] + nr[RULE_KEEPS] != 0)
		return rule_fail(text, at, "what is dropped has neither status nor delay");
	return 0;
}

static int parse_actions(struct rule *rule, struct rule_text *text)
{
	struct rule_word word;
	size_t at;

	do {
		at = rule_peek(text).at;
		if (rule->nr_actions == RULE_NR_ACTIONS)
			return rule_fail(text, at, "a rule has at most %d actions",
					 RULE_NR_ACTIONS);
		if (rule_action_parse(text, rule->tap, &rule->actions[rule->nr_actions]) != 0)
			return -1;
		rule->nr_actions++;
		if (check_ends(rule, text, at) != 0)
			return -1;
	} while (rule_skip(text, ","));
	word = rule_peek(text);
	return word.len == 0 ? 0 : rule_expected(text, &word, "a comma or the end");
}

static int parse_tap(struct rule *rule, struct rule_text *text)
{
	struct rule_word word = rule_next(text);
	struct near near;

	if (word.len == 0)
		return rule_expected(text, &word, "a tap");
	near_init(&near, word.from, word.len);
	for (rule->tap = 0; rule->tap < NVMETAP_NR_TAPS; rule->tap++) {
		if (!rule_tap_in(TAPS_RULE, rule->tap))
			continue;
		if (rule_word_is(&word, rule_tap_name(rule->tap)))
			return 0;
		near_offer(&near, rule_tap_name(rule->tap));
	}
	return rule_unknown(text, &word, "tap", &near, NULL);
}

static int check_text(struct rule_text *text)
{
	if (text->len > RULE_LENGTH_MAX)
		return rule_fail(text, RULE_LENGTH_MAX, "longer than %d characters",
				 RULE_LENGTH_MAX);
	for (size_t i = 0; i < text->len; i++) {
		if ((unsigned char)text->text[i] < ' ' && text->text[i] != '\t')
			return rule_fail(text, i, "a control character");
	}
	return 0;
}

int rule_parse(struct rule *rule, const char *from, size_t len, char *err, size_t errlen)
{
	struct rule_text text = { .text = from, .len = len, .err = err, .errlen = errlen };

	memset(rule, 0, sizeof(*rule));
	rule->when.queue = -1;
	rule->when.seed = DEFAULT_SEED;
	if (check_text(&text) == 0 && parse_tap(rule, &text) == 0 &&
	    parse_clauses(rule, &text) == 0 && parse_actions(rule, &text) == 0)
		return 0;
	rule_fini(rule);
	return -EINVAL;
}

int rule_check_first(const struct rule *rule, char *err, size_t errlen)
{
	if (rule->when.then == 0)
		return 0;
	snprintf(err, errlen, "column %u: there is no rule before this one", rule->when.then);
	return -EINVAL;
}

void rule_fini(struct rule *rule)
{
	expr_free(rule->condition);
	rule->condition = NULL;
}
