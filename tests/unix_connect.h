/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to a unix socket.  Any thread. */
#ifndef TESTS_UNIX_CONNECT_H
#define TESTS_UNIX_CONNECT_H

/* A connected socket, close-on-exec, or -errno. */
int unix_connect(const char *path);
/* The same, waiting up to 10 s until somebody listens there. */
int unix_connect_patiently(const char *path);

#endif
