/* SPDX-License-Identifier: BSD-2-Clause */
/* Eventfds that come from a hostile peer.  Any thread. */
#ifndef EMU_EVENT_FD_H
#define EMU_EVENT_FD_H

/*
 * Makes it nonblocking.  Only an eventfd will do: a pipe could raise SIGPIPE, a
 * file could block.  Where there is no /proc, what is said is believed.
 * 0, -EINVAL or what the system said.
 */
int event_fd_check(int fd);
/* -1 is nobody's. */
void event_fd_signal(int fd);
/* 1: it was signalled and is no longer; 0: it was not; or -errno.  Does not wait,
 * whatever the peer has made of the descriptor. */
int event_fd_take(int fd);

#endif
