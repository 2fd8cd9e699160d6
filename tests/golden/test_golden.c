/*
 * test_golden.c - snapshots and findings as text and as JSON, from the process
 * and from a file, compared with what is expected.
 */
#include "golden.h"

#include "report/explain.h"

static void
test_render_leaks_with_stats_is_as_expected(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_leaks(&snapshot);
    fill_stats(&snapshot);
    snapshot.findings[FINDING_OVERRUN] = 3;
    snapshot.findings[FINDING_DOUBLE_FREE] = 1;
    check_snapshot(&snapshot, "leaks-stats.txt", "leaks-stats.json");
    snapshot_fini(&snapshot);
}

static void
test_render_top_two_counts_the_rest(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_leaks(&snapshot);
    assert_int_equal(conf_apply("top=2"), 0);
    check_snapshot(&snapshot, "leaks-top2.txt", NULL);
    assert_int_equal(conf_apply("top=10"), 0);
    snapshot_fini(&snapshot);
}

static void
test_render_kinds_are_told_apart(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.reason = SNAPSHOT_SIGNAL;
    add_blocks(&snapshot, &list_trace, 2, 100, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &list_trace, 2, 100, 0, LEAK_REACHABLE);
    add_blocks(&snapshot, &library_trace, 1, 64, 0, LEAK_INDIRECT);
    add_blocks(&snapshot, &library_trace, 1, 32, 0, LEAK_POSSIBLE);
    snapshot.live.blocks = 6;
    snapshot.live.bytes = 496;
    snapshot.is_partial = true;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "kinds.txt", "kinds.json");
    snapshot_fini(&snapshot);
}

static void
test_render_no_leaks_says_so(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.counters[COUNTER_BLOCKS_FREED] = 1234;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "no-leaks.txt", "no-leaks.json");
    snapshot_fini(&snapshot);
}

static void
test_render_sample_says_what_is_estimated(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.options = "sample=4096";
    snapshot.sample = 4096;
    snapshot.scan.is_done = true;
    snapshot.scan.is_whole = true;
    add_blocks(&snapshot, &list_trace, 40, 100, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &library_trace, 3, 8192, 100, LEAK_DEFINITE);
    add_blocks(&snapshot, NULL, 5, 100, 0, LEAK_DEFINITE);
    snapshot.counted[LEAK_DEFINITE] = (struct snapshot_total){1700, 192000};
    snapshot.live = (struct snapshot_total){1710, 193000};
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "sample.txt", "sample.json");
    snapshot_fini(&snapshot);
    /* No block was sampled, but they are there. */
    fill_header(&snapshot);
    snapshot.options = "sample=4096";
    snapshot.sample = 4096;
    snapshot.scan.is_done = true;
    snapshot.scan.is_whole = true;
    snapshot.counted[LEAK_DEFINITE] = (struct snapshot_total){17, 192};
    snapshot.live = (struct snapshot_total){17, 192};
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "sample-none.txt", NULL);
    snapshot_fini(&snapshot);
}

/* ---- findings ---- */

static struct finding
make_finding(enum finding_kind kind)
{
    struct finding finding = {
        .kind = kind,
        .number = (uint64_t)kind + 1,
        .time_ns = 10 * SECOND,
        .thread = 2,
        .tid = 1235,
        .call = ORIGIN_FREE,
        .during = "free",
        .trace = &free_trace,
        .addr = 0x7f0000001010,
        .has_block = true,
        .block = {.addr = 0x7f0000001010,
                  .size = 24,
                  .slot = 0x7f0000001000,
                  .slot_size = 64,
                  .state = BLOCK_LIVE,
                  .origin = ORIGIN_MALLOC,
                  .thread = 1,
                  .time_ns = 8 * SECOND,
                  .alloc = &list_trace},
    };

    return finding;
}

static void
set_addr(struct finding *finding, uintptr_t addr)
{
    finding->addr = addr;
    finding->offset = (ptrdiff_t)(addr - finding->block.addr);
}

static void
set_freed(struct finding *finding)
{
    finding->block.state = BLOCK_FREED;
    finding->block.freed = &header_trace;
    finding->block.free_thread = 1;
}

static void
set_bytes(struct finding *finding, uintptr_t addr, unsigned first,
          unsigned damaged)
{
    finding->bytes_addr = addr;
    finding->bytes_count = 48;
    for (unsigned i = 0; i < 48; i++)
        finding->bytes[i] = (uint8_t)(i < first ? 'a' + i % 26 : 0xfd);
    for (unsigned i = first; i < first + damaged; i++) {
        finding->bytes[i] = (uint8_t)('0' + i % 10);
        finding->bytes_damaged |= UINT64_C(1) << i;
    }
}

static void
set_no_block(struct finding *finding, enum finding_place place)
{
    finding->has_block = false;
    memset(&finding->block, 0, sizeof(finding->block));
    finding->place = place;
    finding->addr = 0x7ffc00001238;
}

/* What each kind of damage has that the others have not. */
static void
fill_damage(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_OVERRUN:
        set_addr(finding, 0x7f0000001028);
        finding->length = 3;
        set_bytes(finding, 0x7f0000001010, 24, 3);
        break;
    case FINDING_UNDERRUN:
        set_addr(finding, 0x7f000000100c);
        finding->length = 4;
        finding->has_culprit = true;
        finding->culprit = finding->block;
        finding->culprit.addr = 0x7f0000000fc0;
        finding->culprit.size = 40;
        finding->culprit.alloc = &library_trace;
        finding->culprit.origin = ORIGIN_NEW_ARRAY;
        break;
    case FINDING_WRITE_AFTER_FREE:
        set_freed(finding);
        set_addr(finding, 0x7f0000001018);
        finding->length = 8;
        finding->during = "heap check";
        set_bytes(finding, 0x7f0000001010, 8, 8);
        break;
    default:
        break;
    }
}

/* Likewise for each kind of address that a call was given. */
static void
fill_address(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_DOUBLE_FREE:
    case FINDING_REALLOC_FREED:
    case FINDING_CHECK_FREED:
        set_freed(finding);
        break;
    case FINDING_INTERIOR_FREE:
    case FINDING_REALLOC_INTERIOR:
        set_addr(finding, 0x7f0000001018);
        break;
    case FINDING_FOREIGN_FREE:
        set_no_block(finding, FINDING_PLACE_STACK);
        break;
    case FINDING_REALLOC_FOREIGN:
        set_no_block(finding, FINDING_PLACE_GLOBAL);
        strcpy(finding->module, "/usr/lib/libfoo.so.1");
        break;
    case FINDING_CHECK_FOREIGN:
        set_no_block(finding, FINDING_PLACE_UNMAPPED);
        break;
    case FINDING_USABLE_SIZE_BAD:
        set_no_block(finding, FINDING_PLACE_LIBC);
        finding->call = ORIGIN_USABLE_SIZE;
        finding->during = NULL;
        break;
    case FINDING_FREE_NULL:
        set_no_block(finding, FINDING_PLACE_NULL);
        finding->addr = 0;
        break;
    default:
        break;
    }
}

/* Likewise for each kind of request. */
static void
fill_request(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_MISMATCHED_FREE:
        finding->block.origin = ORIGIN_NEW_ARRAY;
        break;
    case FINDING_SIZE_MISMATCH:
        finding->call = ORIGIN_FREE_SIZED;
        finding->size_given = 32;
        break;
    case FINDING_ALIGN_MISMATCH:
        finding->call = ORIGIN_FREE_ALIGNED_SIZED;
        finding->align_given = 64;
        finding->block.align = 128;
        break;
    case FINDING_CHECK_RANGE:
        set_addr(finding, 0x7f0000001020);
        finding->length = 10;
        finding->call = ORIGIN_CHECK;
        break;
    case FINDING_ZERO_SIZE:
    case FINDING_BAD_ALIGN:
    case FINDING_SIZE_OVERFLOW:
    case FINDING_LIMIT:
    case FINDING_MAX_ALLOC:
    case FINDING_OUT_OF_MEMORY:
    case FINDING_INJECTED:
        set_no_block(finding, FINDING_PLACE_UNKNOWN);
        finding->addr = 0;
        finding->call = ORIGIN_MALLOC;
        finding->during = "malloc";
        finding->length = 1 << 20;
        finding->size_given = 4096;
        finding->align_given = 24;
        strcpy(finding->note, "one more sentence");
        break;
    default:
        break;
    }
}

/* Likewise for each kind of access that is seen before it is made. */
static void
fill_access(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_BAD_READ:
        set_addr(finding, 0x7f0000001018);
        finding->length = 24;
        finding->access = FINDING_ACCESS_READ;
        finding->during = "memcpy";
        break;
    case FINDING_BAD_WRITE:
        set_addr(finding, 0x7f0000001008);
        finding->length = 4;
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "memset";
        break;
    case FINDING_USE_AFTER_FREE:
        set_freed(finding);
        set_addr(finding, 0x7f0000001014);
        finding->length = 1;
        finding->access = FINDING_ACCESS_READ;
        finding->during = "strlen";
        break;
    case FINDING_OVERLAP:
        finding->length = 16;
        finding->size_given = 8;
        finding->during = "memcpy";
        break;
    case FINDING_PROTECTED_WRITE:
        set_addr(finding, 0x7f0000001011);
        finding->length = 2;
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "dbgmalloc_unprotect";
        set_bytes(finding, 0x7f0000001010, 1, 2);
        break;
    case FINDING_OWN_DAMAGE:
        set_no_block(finding, FINDING_PLACE_OURS);
        finding->during = "heap check";
        strcpy(finding->note, "the state in a block's record is 0xee");
        break;
    case FINDING_FAULT:
        set_no_block(finding, FINDING_PLACE_UNMAPPED);
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "SIGSEGV";
        break;
    default:
        return;
    }
    finding->call = ORIGIN_CHECK;
}

static void
fill_kind(struct finding *finding)
{
    fill_damage(finding);
    fill_address(finding);
    fill_request(finding);
    fill_access(finding);
}

static void
test_explain_each_kind_is_as_expected(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        struct finding finding = make_finding((enum finding_kind)i);

        fill_kind(&finding);
        explain_full(&out, &finding);
        explain_short(&out, &finding, i == 0 ? 10 : 1);
        buffer_char(&out, '\n');
    }
    check_golden("findings.txt", &out);
    buffer_fini(&out);
}

static void
test_render_json_has_the_findings_kept(void **state)
{
    struct snapshot snapshot;

    (void)state;
    assert_int_equal(conf_apply("format=json,no-print,log=none"), 0);
    report_open();
    fill_header(&snapshot);
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        struct finding finding = make_finding((enum finding_kind)i);

        fill_kind(&finding);
        report_finding(&finding);
        if (i == FINDING_OVERRUN)
            report_finding(&finding);
        snapshot.findings[i] = i == FINDING_OVERRUN ? 2 : 1;
    }
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, NULL, "findings.json");
    snapshot_fini(&snapshot);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_leaks_with_stats_is_as_expected),
        cmocka_unit_test(test_render_top_two_counts_the_rest),
        cmocka_unit_test(test_render_kinds_are_told_apart),
        cmocka_unit_test(test_render_no_leaks_says_so),
        cmocka_unit_test(test_render_sample_says_what_is_estimated),
        cmocka_unit_test(test_explain_each_kind_is_as_expected),
        cmocka_unit_test(test_render_json_has_the_findings_kept),
    };

    golden_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
