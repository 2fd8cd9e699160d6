/*
 * track/unseen.c - frees that went by a road that does not lead here, by stack.
 */
#include "track/unseen.h"

#include "meta/table.h"
#include "os/lock.h"
#include "track/track.h"

static struct lock unseen_lock = LOCK_INIT(LOCK_RANK_TRACK);

/* Blocks by stack_id. Guarded by unseen_lock. */
static struct table unseen = TABLE_INIT;

void
unseen_note(const struct self *self, stack_id stack)
{
    uint64_t count = 0;

    if (self->outer == NULL)
        lock_take(&unseen_lock);
    else if (!lock_try(&unseen_lock))
        return;
    (void)table_find(&unseen, stack, &count); /* the first: 0 */
    (void)!table_insert(&unseen, stack, count + 1);
    lock_give(&unseen_lock);
}

void
unseen_forget(void)
{
    lock_take(&unseen_lock);
    table_fini(&unseen);
    lock_give(&unseen_lock);
}

uint64_t
track_unseen(stack_id stack)
{
    uint64_t count = 0;

    lock_take(&unseen_lock);
    (void)table_find(&unseen, stack, &count); /* not there: 0 */
    lock_give(&unseen_lock);
    return count;
}

void
unseen_freeze(void)
{
    lock_take_to_freeze(&unseen_lock);
}

void
unseen_thaw(void)
{
    lock_give(&unseen_lock);
}

void
unseen_child(void)
{
    lock_reset(&unseen_lock);
}
