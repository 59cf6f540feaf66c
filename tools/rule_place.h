/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a field stands in what an event carries, for "set". */
#ifndef TOOLS_RULE_PLACE_H
#define TOOLS_RULE_PLACE_H

#include "spec/queue_entry.h"
#include "tools/rule_field.h"

enum {
	PLACE_SQE,		/* any command */
	PLACE_COMMAND,		/* a command whose opcode's structure it is */
	PLACE_FEATURE,		/* Dword 11 of Set Features */
	PLACE_CQE,
	PLACE_RESULT,		/* Dword 0 of the completion of such a command */
	PLACE_FEATURE_RESULT,	/* of Get Features */
	PLACE_ACCESS,		/* base: where the register stands */
	PLACE_VALUE,		/* of an access, whatever it is to */
	PLACE_IRQ,
	PLACE_ASYNC,
	PLACE_DATA,		/* of a command whose data is of that structure */
	PLACE_ITEM,		/* of a list of descriptors in it */
};

#endif
