/*
 * report/rulefile.h - suppressions as they are written down.
 *
 * One file may hold both syntaxes. LSan's is a line each: `leak:PATTERN`, and
 * ours beside it, `finding:KEY:PATTERN`, where KEY is that of a kind of
 * finding (shell-like patterns allowed). Valgrind's is a block in braces: a
 * name, `Memcheck:KIND`, perhaps `match-leak-kinds:`, and a frame a line. `#`
 * begins a comment where a line begins with it.
 *
 * Rules of other tools (`race:`, `Helgrind:Race`, `Memcheck:Cond`) are no
 * mistake and have no effect.
 */
#ifndef REPORT_RULEFILE_H
#define REPORT_RULEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/region.h"
#include "meta/vector.h"
#include "report/rule.h"

/* Rules and the memory of their texts. Not locked: its owner is. */
struct rulefile {
    struct vector rules; /* struct rule * */
    struct region region;
    /* Called for each line that is no suppression, with what is wrong. */
    void (*complain)(const char *file, unsigned line, const char *what);
};

#define RULEFILE_INIT(function)                                                \
    {                                                                          \
        .rules = VECTOR_INIT(struct rule *), .region = REGION_INIT,            \
        .complain = (function)                                                 \
    }

/*
 * rulefile_parse - add the rules in the `n` bytes at `text`.
 *
 * file: its name, for messages and reports; copied.
 * What is malformed is said once for each rule, and left out. Returns 0, or
 * -ENOMEM (those that fitted are there).
 */
int MUST_CHECK rulefile_parse(struct rulefile *into, const char *file,
                              const char *text, size_t n);

/* rulefile_read - the same for the file at `path`. Returns 0, -ENOMEM, or
 * another -errno if it cannot be read. */
int MUST_CHECK rulefile_read(struct rulefile *into, const char *path);

/* rulefile_memcheck_kind - what memcheck calls such a finding: "Free"; NULL if
 * it has no such error. */
const char *rulefile_memcheck_kind(enum finding_kind kind);

void rulefile_fini(struct rulefile *rules);

#endif
