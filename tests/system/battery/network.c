/* Operations with sockets: see operate.h. The peers that they meet say "hello". */
#include "operate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Without an answer an operation fails, it does not hang. The peer's may take its time, as all units start at once; a
   connection is made by the kernel. */
static int with_patience(int fd)
{
    const struct timeval for_answer = {.tv_sec = 30}, for_connection = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_answer, sizeof for_answer);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &for_connection, sizeof for_connection);
    return fd;
}

static socklen_t unix_address(struct sockaddr_un *address, const char *name, int abstract)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strncpy(address->sun_path + abstract, name, sizeof address->sun_path - 2);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static const char *hears_hello(int fd)
{
    char heard[5];
    TRY(recv(fd, heard, 5, MSG_WAITALL));
    CHECK(memcmp(heard, "hello", 5) == 0);
    TRY(close(fd));
    return NULL;
}

static const char *connect_and_hear(int fd, const void *address, socklen_t length)
{
    TRY(connect(with_patience(fd), address, length));
    return hears_hello(fd);
}

static const char *serve_one(int listening)
{
    int fd;
    TRY(fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC));
    CHECK(send(fd, "hello", 5, MSG_NOSIGNAL) == 5);
    TRY(close(fd));
    return NULL;
}

/* Binds, connects to itself, says hello to itself. */
static const char *to_itself(int family, struct sockaddr *address, socklen_t length)
{
    int listening, ours;
    TRY(listening = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    TRY(bind(with_patience(listening), address, length));
    TRY(listen(listening, 1));
    if (family != AF_UNIX)
        TRY(getsockname(listening, address, &length));
    TRY(ours = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    TRY(connect(with_patience(ours), address, length));
    const char *answer = serve_one(listening);
    TRY(close(listening));
    return answer ? answer : hears_hello(ours);
}

static const char *unix_bind(const struct work *w)
{
    struct sockaddr_un address;
    struct stat status;
    const char *path = fresh(w, "s");
    socklen_t length = unix_address(&address, path, 0);
    const char *answer = to_itself(AF_UNIX, (struct sockaddr *)&address, length);
    if (answer)
        return answer;
    TRY(lstat(path, &status));
    CHECK(S_ISSOCK(status.st_mode));
    return NULL;
}

static const char *unix_met(const struct work *w)
{
    struct sockaddr_un address;
    int fd;
    socklen_t length = unix_address(&address, w->word[0], 0);
    TRY(fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect_and_hear(fd, &address, length);
}

static const char *unix_send(const struct work *w)
{
    struct sockaddr_un address;
    int fd;
    socklen_t length = unix_address(&address, w->word[0], 0);
    TRY(fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    CHECK(sendto(fd, w->word[1], strlen(w->word[1]), MSG_NOSIGNAL, (struct sockaddr *)&address, length) ==
          (ssize_t)strlen(w->word[1]));
    TRY(close(fd));
    return NULL;
}

static const char *abstract_own(const struct work *w)
{
    struct sockaddr_un address;
    socklen_t length = unix_address(&address, strrchr(fresh(w, "battery"), '/') + 1, 1);
    return to_itself(AF_UNIX, (struct sockaddr *)&address, length);
}

static const char *abstract_met(const struct work *w)
{
    struct sockaddr_un address;
    int fd;
    socklen_t length = unix_address(&address, w->word[0], 1);
    TRY(fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect_and_hear(fd, &address, length);
}

static const char *pair(const struct work *w)
{
    int ends[2];
    TRY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    CHECK(send(ends[0], "hello", 5, 0) == 5);
    TRY(close(ends[0]));
    return hears_hello(ends[1]);
}

static const char *tcp_own(const struct work *w)
{
    struct sockaddr_in address = loopback(w->word[0] ? (unsigned)atoi(w->word[0]) : 0);
    return to_itself(AF_INET, (struct sockaddr *)&address, sizeof address);
}

static const char *tcp6_own(const struct work *w)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return to_itself(AF_INET6, (struct sockaddr *)&address, sizeof address);
}

/* The port is taken again and again, with nobody at the other end; by several at once, who do not listen. */
static const char *bind_port(const struct work *w)
{
    const int yes = 1;
    struct sockaddr_in address = loopback((unsigned)atoi(w->word[0]));
    int fd;
    TRY(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    TRY(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
    TRY(bind(fd, (struct sockaddr *)&address, sizeof address));
    TRY(close(fd));
    return NULL;
}

static const char *tcp_met(const struct work *w)
{
    struct sockaddr_in address = loopback((unsigned)atoi(w->word[0]));
    int fd;
    if (w->word[1])
        CHECK(inet_pton(AF_INET, w->word[1], &address.sin_addr) == 1);
    TRY(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect_and_hear(fd, &address, sizeof address);
}

static const char *udp_met(const struct work *w)
{
    struct sockaddr_in address = loopback((unsigned)atoi(w->word[0]));
    int fd;
    if (w->word[1])
        CHECK(inet_pton(AF_INET, w->word[1], &address.sin_addr) == 1);
    TRY(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    TRY(sendto(with_patience(fd), "hi", 2, 0, (struct sockaddr *)&address, sizeof address));
    char heard[5];
    CHECK(recv(fd, heard, 5, 0) == 5 && memcmp(heard, "hello", 5) == 0);
    TRY(close(fd));
    return NULL;
}

/* A server: a turn is a client, who comes from the test. */
static const char *tcp_serve(const struct work *w)
{
    static int listening = -1;
    const int yes = 1;
    struct sockaddr_in address = loopback((unsigned)atoi(w->word[0]));
    if (listening == -1) {
        TRY(listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        TRY(setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
        TRY(bind(listening, (struct sockaddr *)&address, sizeof address));
        TRY(listen(listening, 5));
    }
    return serve_one(listening);
}

static const char *unix_serve(const struct work *w)
{
    static int listening = -1;
    struct sockaddr_un address;
    if (listening == -1) {
        socklen_t length = unix_address(&address, w->word[0], 0);
        TRY(listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (unlink(w->word[0]) == -1)
            CHECK(errno == ENOENT);
        TRY(bind(listening, (struct sockaddr *)&address, length));
        TRY(listen(listening, 5));
    }
    return serve_one(listening);
}

static const char *abstract_serve(const struct work *w)
{
    static int listening = -1;
    struct sockaddr_un address;
    if (listening == -1) {
        socklen_t length = unix_address(&address, w->word[0], 1);
        TRY(listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        TRY(bind(listening, (struct sockaddr *)&address, length));
        TRY(listen(listening, 5));
    }
    return serve_one(listening);
}

/* Socket activation: the listening socket is systemd's. */
static const char *serve_given(const struct work *w)
{
    CHECK(getenv("LISTEN_FDS") && strcmp(getenv("LISTEN_FDS"), "1") == 0);
    return serve_one(3);
}

static const char *raw(const struct work *w)
{
    int fd;
    TRY(fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
    TRY(close(fd));
    return NULL;
}

static const char *packet(const struct work *w)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = 1};
    int fd;
    TRY(fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(3)));
    TRY(bind(fd, (struct sockaddr *)&address, sizeof address));
    TRY(close(fd));
    return NULL;
}

static const char *netlink(const struct work *w)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {{.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
                 {.ifi_family = AF_UNSPEC, .ifi_index = 1}};
    union {
        struct nlmsghdr header;
        char bytes[16384];
    } answer;
    int fd;
    TRY(fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    TRY(sendto(with_patience(fd), &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel));
    TRY(recv(fd, &answer, sizeof answer, 0));
    CHECK(answer.header.nlmsg_type == RTM_NEWLINK);
    TRY(close(fd));
    return NULL;
}

/* Needs CAP_NET_ADMIN. */
static const char *force_buffer(const struct work *w)
{
    const int wanted = 64 << 20;
    int fd, got;
    socklen_t length = sizeof got;
    TRY(fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    TRY(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted));
    TRY(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length));
    CHECK(got >= wanted);
    TRY(close(fd));
    return NULL;
}

const struct operation network_operations[] = {
    {"unix-bind", unix_bind},
    {"unix-met", unix_met},
    {"unix-send", unix_send},
    {"unix-serve", unix_serve},
    {"abstract-serve", abstract_serve},
    {"abstract-own", abstract_own},
    {"abstract-met", abstract_met},
    {"pair", pair},
    {"tcp-own", tcp_own},
    {"tcp6-own", tcp6_own},
    {"bind-port", bind_port},
    {"tcp-met", tcp_met},
    {"udp-met", udp_met},
    {"tcp-serve", tcp_serve},
    {"serve-given", serve_given},
    {"raw", raw},
    {"packet", packet},
    {"netlink", netlink},
    {"force-buffer", force_buffer},
    {NULL, NULL},
};
