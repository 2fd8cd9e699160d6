/*
 * modes: production default
 * Blocks that a sampling heap does not draw: what the program says of one, asks
 * of one, and makes since a mark is right, whatever is not written of them.
 */
#define DBGMALLOC_NO_MACROS 1
#include "../../include/dbgmalloc.h"

#include "prove.h"

enum { BLOCKS = 200 };

/* Of a block that this program made: ten minutes. */
#define AGE_MOST 600000000000u

static int (*examine)(const void *, struct dbgmalloc_info *);
static int (*tag)(const void *, const char *);
static unsigned (*mark)(void);
static size_t (*count_since)(unsigned, int, size_t *);

static void
find(void *out, const char *name)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(out, &symbol, sizeof symbol);
}

/* What is known of the block at `p`, which has `size` bytes. */
static struct dbgmalloc_info
look(const void *p, size_t size)
{
    struct dbgmalloc_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    PROVE(examine(p, &info) == 0);
    PROVE(info.block == p && info.size == size);
    return info;
}

static void
make(void **blocks)
{
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = (size_t)i + 1;
        blocks[i] = i % 3 == 0 ? calloc(1, size) : malloc(size);
        PROVE(keep(blocks[i]) != NULL);
    }
}

static void
end(void **blocks)
{
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

int
main(void)
{
    static void *before[BLOCKS], *since[BLOCKS];
    size_t blocks, bytes;
    unsigned number;

    if (!prove_library())
        PROVE_SKIP("without the library");
    find(&examine, "dbgmalloc_examine");
    find(&tag, "dbgmalloc_tag");
    find(&mark, "dbgmalloc_mark");
    find(&count_since, "dbgmalloc_count_since");
    make(before);
    for (int i = 0; i < BLOCKS; i++)
        PROVE(look(before[i], (size_t)i + 1).mark == 0);
    /* A name, and other sizes. */
    PROVE(tag(before[7], "seven") == 0);
    PROVE(look(before[7], 8).mark == 0);
    for (size_t size = 9; size < 200000; size *= 3) {
        before[7] = keep(realloc(before[7], size));
        before[8] = keep(realloc(before[8], size / 2));
        PROVE(look(before[7], size).age_ns < AGE_MOST);
        PROVE(look(before[8], size / 2).age_ns < AGE_MOST);
    }
    number = mark();
    PROVE(number == 1);
    bytes = count_since(number, DBGMALLOC_LIVE, &blocks);
    PROVE(blocks == 0 && bytes == 0);
    make(since);
    bytes = count_since(number, DBGMALLOC_LIVE, &blocks);
    PROVE(blocks == BLOCKS && bytes == BLOCKS * (BLOCKS + 1) / 2);
    PROVE(look(since[3], 4).mark == number);
    end(before);
    end(since);
    bytes = count_since(number, DBGMALLOC_LIVE, &blocks);
    PROVE(blocks == 0 && bytes == 0);
    return 0;
}
