/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output with a buffer of our own. */
#include "tools/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "tools/command.h"

static void write_out(struct text *text)
{
	struct output *output = (struct output *)text;	/* its first member */
	size_t done = 0;

	while (output->error == 0 && done < text->len) {
		ssize_t ret = write(STDOUT_FILENO, text->buf + done, text->len - done);

		if (ret >= 0)
			done += (size_t)ret;
		else if (errno != EINTR)
			output->error = errno;
	}
	text->len = 0;
}

void output_init(struct output *output)
{
	output->text = (struct text){
		.buf = output->buf, .size = sizeof(output->buf), .flush = write_out,
	};
	output->error = 0;
}

void output_flush(struct output *output)
{
	write_out(&output->text);
}

int output_finish(struct output *output)
{
	output_flush(output);
	if (output->error == 0 || output->error == EPIPE)
		return EXIT_DONE;
	complain("standard output: %s", strerror(output->error));
	return EXIT_FAILED;
}
