/*
 * A broadcaster that parses nothing: what anyone sends, everyone gets. What comes
 * in one turn of the loop leaves as one run of bytes. This is about what one
 * processor can do; a chat that also parses, orders and keeps can only come near.
 *
 *     cc -O2 -o broadcaster broadcaster.c && ./broadcaster PORT
 */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST_CLIENTS = 16384, MOST_EVENTS = 1024, READ_SIZE = 65536 };

/* Bytes that a client was too slow to read. */
struct client {
	int open;
	char *unsent;
	size_t length, size;
};

static struct client clients[MOST_CLIENTS];
static int open_clients[MOST_CLIENTS], open_count;
static char turn[MOST_EVENTS * READ_SIZE];
static size_t turn_length;
static int loop;

static void watch(int fd, int operation, int events) {
	struct epoll_event event = {.events = events, .data.fd = fd};
	epoll_ctl(loop, operation, fd, &event);
}

static void end_client(int fd) {
	close(fd);
	free(clients[fd].unsent);
	memset(&clients[fd], 0, sizeof clients[fd]);
	for (int i = 0; i < open_count; i++)
		if (open_clients[i] == fd) open_clients[i--] = open_clients[--open_count];
}

static void keep(int fd, const char *bytes, size_t length) {
	struct client *client = &clients[fd];
	if (client->length + length > client->size) {
		client->size = 2 * (client->length + length);
		client->unsent = realloc(client->unsent, client->size);
		if (client->unsent == NULL) abort();
	}
	memcpy(client->unsent + client->length, bytes, length);
	client->length += length;
	watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void send_to(int fd, const char *bytes, size_t length) {
	if (clients[fd].length > 0) {
		keep(fd, bytes, length);
		return;
	}
	ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) sent = 0; /* Full, or gone: then its read says so. */
	if ((size_t)sent < length) keep(fd, bytes + sent, length - sent);
}

static void send_unsent(int fd) {
	struct client *client = &clients[fd];
	ssize_t sent = send(fd, client->unsent, client->length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent <= 0) return;
	client->length -= sent;
	memmove(client->unsent, client->unsent + sent, client->length);
	if (client->length == 0) watch(fd, EPOLL_CTL_MOD, EPOLLIN);
}

static void serve(int fd, int events) {
	if ((events & EPOLLOUT) && clients[fd].length > 0) send_unsent(fd);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
	ssize_t count = recv(fd, turn + turn_length, READ_SIZE, MSG_DONTWAIT);
	if (count > 0) turn_length += count;
	else if (count == 0 || (events & (EPOLLHUP | EPOLLERR))) end_client(fd);
}

static void welcome(int listener) {
	int fd = accept(listener, NULL, NULL), yes = 1;
	if (fd < 0) return;
	if (fd >= MOST_CLIENTS) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	clients[fd].open = 1;
	open_clients[open_count++] = fd;
	watch(fd, EPOLL_CTL_ADD, EPOLLIN);
}

int main(int count, char **args) {
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct epoll_event events[MOST_EVENTS];
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	address.sin_port = htons(count > 1 ? atoi(args[1]) : 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	loop = epoll_create1(0);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
		perror("listen");
		return 1;
	}
	watch(listener, EPOLL_CTL_ADD, EPOLLIN);
	for (;;) {
		int ready = epoll_wait(loop, events, MOST_EVENTS, -1);
		turn_length = 0;
		for (int i = 0; i < ready; i++) {
			if (events[i].data.fd == listener) welcome(listener);
			else serve(events[i].data.fd, events[i].events);
		}
		for (int i = 0; turn_length > 0 && i < open_count; i++)
			send_to(open_clients[i], turn, turn_length);
	}
}
