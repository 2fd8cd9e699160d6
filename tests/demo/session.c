/*
 * session.c - a small C extension of server.py: it counts the visits of each
 * page. It forgets something, which README's walk-through looks for.
 */
#include <stdlib.h>
#include <string.h>

struct session {
    char path[200];
    char notes[1800];
};

static unsigned visits[256];

static unsigned
place_of(const char *path)
{
    unsigned hash = 5381;

    while (*path != '\0')
        hash = hash * 33 + (unsigned char)*path++;
    return hash % 256;
}

static struct session *
session_open(const char *path)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session != NULL) {
        strncpy(session->path, path, sizeof(session->path) - 1);
        memset(session->notes, '-', sizeof(session->notes) - 1);
    }
    return session;
}

/* Called by the server for each request. */
unsigned
visit(const char *path)
{
    struct session *session = session_open(path);

    if (session == NULL)
        return 0;
    return ++visits[place_of(session->path)];
}
