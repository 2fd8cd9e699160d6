/*
 * report/rule.h - one suppression: which stacks it silences.
 *
 * A rule is made by rulefile.c, from a line of LSan's or a block of valgrind's,
 * or stands in suppressions.def. It never changes after that but for its
 * counts, which are atomic.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef REPORT_RULE_H
#define REPORT_RULE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/snapshot.h"

/* One frame of a stack in words, inlined ones too; NULL is not known. */
struct rule_place {
    const char *function; /* as in the source */
    const char *linkage;  /* as the linker has it, if that differs */
    const char *file;
    const char *module; /* path */
    uint32_t line;      /* 0 = not known */
};

enum rule_step_kind {
    RULE_ANY,    /* "...": any number of frames, none too */
    RULE_CALL,   /* "fun:": the function, in any module */
    RULE_OBJECT, /* "obj:" */
    RULE_SOURCE, /* "src:" */
    RULE_CALL_IN /* the function, in the module: our own rules */
};

/* What one frame must be. */
struct rule_step {
    enum rule_step_kind kind;
    const char *text;   /* shell-like pattern */
    const char *module; /* CALL_IN: the pattern for the module's last name */
    uint32_t line;      /* SOURCE; 0 = any */
};

/* All kinds of leak, as bits. */
#define RULE_ALL_LEAKS ((1u << LEAK__COUNT) - 1)

static_assert(FINDING__COUNT <= 64, "a rule has a bit for each kind");

struct rule {
    const char *name; /* valgrind's name, LSan's whole line, our key */
    const char *file; /* where it stands; NULL = built in */
    uint32_t line;
    uint32_t leaks;       /* bit (1 << enum leak_kind) */
    uint64_t findings;    /* bit (1 << enum finding_kind) */
    const char *anywhere; /* LSan's pattern, for any word of any frame; or
                             NULL: `steps` */
    const struct rule_step *steps;
    uint32_t step_count;
    _Atomic uint64_t hits;
};

/*
 * rule_like - true if LSan's `pattern` is somewhere in `text`.
 *
 * `*` is any run of bytes; a leading ^ and a trailing $ stand for the ends of
 * the text; no other byte is special.
 * Source: the description of suppressions in the documentation of LLVM's
 * sanitizers.
 */
bool rule_like(const char *pattern, const char *text);

/* rule_is_anywhere - true if a word of this frame is like `pattern`. */
bool rule_is_anywhere(const char *pattern, const struct rule_place *place);

/*
 * rule_match - true if the stack, innermost frame first, is as the rule says.
 *
 * entry: the function that was called there ("malloc"), or NULL. Valgrind's
 * rules have it as their first frame; one that was written after a report of
 * ours need not.
 * Cost: O(count * steps).
 */
bool rule_match(const struct rule *rule, const struct rule_place *entry,
                const struct rule_place *places, size_t count);

#endif
