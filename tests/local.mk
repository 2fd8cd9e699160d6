# tests/local.mk - what `make check` runs.
#
# Every test speaks TAP, so that each case is counted. To add one:
#   a unit test   its name, without .c, on its layer's list;
#   a script      NAME.sh on script_tests; it begins with
#                 . "$top_srcdir/tests/tap.sh" and finds there what it may use;
#   a program that a script runs: its name on script_programs (made of NAME.c,
#                 with libc's malloc), or built by the script itself with $CC;
#                 other files that it needs: script_data.

# --- unit: one program per source file, tests/unit/<layer>/test_<file>.c ----

unit_base_tests = \
	tests/unit/base/test_bits \
	tests/unit/base/test_format \
	tests/unit/base/test_hash \
	tests/unit/base/test_list \
	tests/unit/base/test_real \
	tests/unit/base/test_seen \
	tests/unit/base/test_sha256 \
	tests/unit/base/test_text
unit_os_tests = \
	tests/unit/os/test_arch \
	tests/unit/os/test_clock \
	tests/unit/os/test_file \
	tests/unit/os/test_lines \
	tests/unit/os/test_lock \
	tests/unit/os/test_maps \
	tests/unit/os/test_page \
	tests/unit/os/test_peek \
	tests/unit/os/test_process \
	tests/unit/os/test_signal \
	tests/unit/os/test_thread \
	tests/unit/os/test_vdso
unit_meta_tests = \
	tests/unit/meta/test_buffer \
	tests/unit/meta/test_meta \
	tests/unit/meta/test_pool \
	tests/unit/meta/test_region \
	tests/unit/meta/test_table \
	tests/unit/meta/test_vector
unit_conf_tests = \
	tests/unit/conf/test_conf \
	tests/unit/conf/test_describe \
	tests/unit/conf/test_option \
	tests/unit/conf/test_parse \
	tests/unit/conf/test_source \
	tests/unit/conf/test_store \
	tests/unit/conf/test_suggest \
	tests/unit/conf/test_value
unit_model_tests = \
	tests/unit/model/test_block \
	tests/unit/model/test_codec \
	tests/unit/model/test_counter \
	tests/unit/model/test_curve \
	tests/unit/model/test_finding \
	tests/unit/model/test_snapshot
unit_dwarf_tests = \
	tests/unit/dwarf/test_aranges \
	tests/unit/dwarf/test_cfi \
	tests/unit/dwarf/test_cursor \
	tests/unit/dwarf/test_expr \
	tests/unit/dwarf/test_form \
	tests/unit/dwarf/test_frame \
	tests/unit/dwarf/test_info \
	tests/unit/dwarf/test_line \
	tests/unit/dwarf/test_package \
	tests/unit/dwarf/test_range
unit_elf_tests = \
	tests/unit/elf/test_debugfile \
	tests/unit/elf/test_dynamic \
	tests/unit/elf/test_image \
	tests/unit/elf/test_imports \
	tests/unit/elf/test_inflate \
	tests/unit/elf/test_loader \
	tests/unit/elf/test_modules \
	tests/unit/elf/test_symtab
unit_symbol_tests = \
	tests/unit/symbol/test_demangle \
	tests/unit/symbol/test_punycode \
	tests/unit/symbol/test_resolve \
	tests/unit/symbol/test_runtime \
	tests/unit/symbol/test_rust \
	tests/unit/symbol/test_rustlegacy
unit_report_tests = \
	tests/unit/report/test_alert \
	tests/unit/report/test_calltree \
	tests/unit/report/test_emit \
	tests/unit/report/test_hexrows \
	tests/unit/report/test_hidden \
	tests/unit/report/test_line \
	tests/unit/report/test_lineage \
	tests/unit/report/test_log \
	tests/unit/report/test_logfile \
	tests/unit/report/test_logname \
	tests/unit/report/test_names \
	tests/unit/report/test_place \
	tests/unit/report/test_render \
	tests/unit/report/test_rule \
	tests/unit/report/test_rulefile \
	tests/unit/report/test_shorten \
	tests/unit/report/test_suppress \
	tests/unit/report/test_words
unit_heap_tests = \
	tests/unit/heap/test_arena \
	tests/unit/heap/test_close \
	tests/unit/heap/test_guarded \
	tests/unit/heap/test_inspect \
	tests/unit/heap/test_large \
	tests/unit/heap/test_pagemap \
	tests/unit/heap/test_sizeclass \
	tests/unit/heap/test_slot \
	tests/unit/heap/test_tcache \
	tests/unit/heap/test_walk
unit_stack_tests = \
	tests/unit/stack/test_bounds \
	tests/unit/stack/test_capture \
	tests/unit/stack/test_depot \
	tests/unit/stack/test_memo \
	tests/unit/stack/test_rowcache \
	tests/unit/stack/test_unwind
unit_guard_tests = \
	tests/unit/guard/test_fence \
	tests/unit/guard/test_fill \
	tests/unit/guard/test_guard \
	tests/unit/guard/test_guardpage \
	tests/unit/guard/test_quarantine \
	tests/unit/guard/test_slotfence
unit_track_tests = \
	tests/unit/track/test_alloc \
	tests/unit/track/test_foreign \
	tests/unit/track/test_sampler
unit_leak_tests = \
	tests/unit/leak/test_callagain \
	tests/unit/leak/test_classify \
	tests/unit/leak/test_interior \
	tests/unit/leak/test_mark \
	tests/unit/leak/test_shadow \
	tests/unit/leak/test_world
unit_monitor_tests = \
	tests/unit/monitor/test_collect \
	tests/unit/monitor/test_course \
	tests/unit/monitor/test_doubt \
	tests/unit/monitor/test_growth \
	tests/unit/monitor/test_onsignal

unit_tool_tests = \
	tests/unit/tool/test_family \
	tests/unit/tool/test_redraw \
	tests/unit/tool/test_seccomp \
	tests/unit/tool/test_trend

# --- lint: the order, the names and the promises of the tree ----------------

lint_tests = \
	tests/lint/layers.sh \
	tests/lint/lists.sh \
	tests/lint/names.sh \
	tests/lint/style.sh \
	tests/lint/options.sh \
	tests/lint/selfcontained.sh \
	tests/lint/noalloc.sh \
	tests/lint/exports.sh \
	tests/lint/needed.sh \
	tests/lint/static.sh \
	tests/lint/macro.sh \
	tests/lint/aarch64.sh \
	tests/lint/bites.sh

lint_data = tests/lint/libc-calls

# --- misuse, program, real, fault, golden, demo ------------------------------

# golden_tests are made and run as unit tests are. A folder on script_data
# stands for all that is in it. The three longest scripts come first: begun last,
# they would run alone.
golden_tests = tests/golden/test_forms tests/golden/test_golden
script_tests = \
	tests/program/run.sh \
	tests/real/python3.sh \
	tests/header/compile.sh \
	tests/unit/conf/manual.sh \
	tests/attach/elsewhere.sh \
	tests/attach/seccomp.sh \
	tests/attach/turns.sh \
	tests/tool/attach.sh \
	tests/tool/bisect.sh \
	tests/tool/command.sh \
	tests/tool/env.sh \
	tests/tool/page.sh \
	tests/tool/pages.sh \
	tests/tool/report.sh \
	tests/tool/run.sh \
	tests/tool/suppress.sh \
	tests/tool/tables.sh \
	tests/tool/top.sh \
	tests/tool/watch.sh \
	tests/golden/schema.sh \
	tests/fuzz/run.sh \
	tests/oracle/run.sh \
	tests/damage/findings.sh \
	tests/damage/run.sh \
	tests/fault/run.sh \
	tests/leak/run.sh \
	tests/misuse/run.pl \
	tests/stack/closed.sh \
	tests/stack/run.sh \
	tests/stack/sample.sh \
	tests/real/compilers.sh \
	tests/real/coreutils.sh \
	tests/real/git.sh \
	tests/real/lua.sh \
	tests/real/nginx.sh \
	tests/real/perl.sh \
	tests/real/redis.sh \
	tests/real/shell.sh \
	tests/real/sqlite3.sh \
	tests/real/tar_xz.sh \
	tests/verdict/annotate.sh \
	tests/verdict/holders.sh \
	tests/verdict/leakinject.pl \
	tests/verdict/suppress.sh
script_programs = doc/gen_options tests/oracle/names
script_data = tests/attach tests/bench tests/damage tests/demo tests/fault tests/fuzz tests/golden tests/header \
	tests/leak tests/long tests/oracle \
	tests/misuse tests/program tests/real tests/stack tests/tool tests/unit tests/verdict

# --- long: what `make check-long` runs, minutes or hours each ---------------

# Scripts of script_tests that are told to be thorough (by long_environment), or
# of their own.
long_environment = DBGMALLOC_TEST_TIMEOUT=$${DBGMALLOC_TEST_TIMEOUT-14400} \
	LEAK_PEERS=all STOP_ROUNDS=1000 HEADER_FORMS=all FAULT_STEP=1 \
	ORACLE_BUILDS=all PROGRAM_SIZE=long PYTHON_SUITE=all \
	ATTACH_ROUNDS=1000 ATTACH_EXECS=1000 \
	ATTACH_SERVER_ROUNDS=200 ATTACH_KILLS=200
long_tests = \
	tests/attach/soak.sh \
	tests/attach/verdict.pl \
	tests/fault/run.sh \
	tests/header/compile.sh \
	tests/leak/run.sh \
	tests/leak/stop.sh \
	tests/long/damage.sh \
	tests/long/findings.sh \
	tests/long/fuzz.sh \
	tests/long/guarded.sh \
	tests/long/live.sh \
	tests/long/mutate.sh \
	tests/long/oracle.sh \
	tests/long/report.sh \
	tests/long/scan.sh \
	tests/long/snapshot.sh \
	tests/long/stacks.sh \
	tests/long/walk.sh \
	tests/long/watch.sh \
	tests/program/run.sh \
	tests/real/python3.sh \
	tests/verdict/leakinject_all.sh

# ---------------------------------------------------------------------------
# Below this line nothing changes when a test is added.

unit_tests = \
	$(unit_base_tests) $(unit_os_tests) $(unit_meta_tests) \
	$(unit_conf_tests) $(unit_model_tests) $(unit_dwarf_tests) \
	$(unit_elf_tests) $(unit_symbol_tests) $(unit_report_tests) \
	$(unit_heap_tests) $(unit_stack_tests) $(unit_guard_tests) \
	$(unit_track_tests) $(unit_leak_tests) $(unit_monitor_tests) \
	$(unit_tool_tests)

EXTRA_DIST += $(lint_tests) $(lint_data) $(script_data) \
	tests/tap-run tests/tap.sh tests/summary

# A unit test named tests/unit/base/test_text is made of test_text.c and the
# two halves of the library, and of the command where it is of src/tool.
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests) $(golden_tests)
TESTS += $(unit_tests) $(golden_tests)
else
TESTS += tests/unit/missing.sh
endif
AM_DEFAULT_SOURCE_EXT = .c
# Only these programs are made by COMPILE and LINK: without libtool, which takes
# longer than the compiler to link one.
COMPILE = $(CC) $(DEFS) $(DEFAULT_INCLUDES) $(INCLUDES) $(AM_CPPFLAGS) \
	$(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(TEST_CFLAGS)
LINK = $(CCLD) $(AM_CFLAGS) $(CFLAGS) $(TEST_CFLAGS) $(AM_LDFLAGS) \
	$(LDFLAGS) $(TEST_LDFLAGS) -o $@
LDADD = $(unit_command) $(unit_parts) $(CMOCKA_LIBS) -lm

# Prints TAP itself; tests/lint/aarch64.sh runs it on another CPU too.
check_PROGRAMS += tests/unit/os/smoke
TESTS += tests/unit/os/smoke
tests_unit_os_smoke_LDADD = $(unit_parts)

check_PROGRAMS += $(script_programs)
doc_gen_options_LDADD = $(unit_parts)
tests_unit_model_test_curve_LDADD = $(LDADD) -lm
tests_oracle_names_LDADD = $(unit_parts)
TESTS += $(lint_tests) $(script_tests)

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/tap-run
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(LOG_COMPILER)

AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	DBGMALLOC_LIB='$(abs_top_builddir)/.libs/libdbgmalloc.so'; \
	export DBGMALLOC_LIB; \
	prefix='$(prefix)'; export prefix; \
	includedir='$(includedir)'; export includedir; \
	libdir='$(libdir)'; export libdir; \
	CC='$(CC)'; export CC; CXX='$(TEST_CXX)'; export CXX; \
	AWK='$(AWK)'; export AWK; NM='$(TEST_NM)'; export NM; \
	READELF='$(READELF)'; export READELF; \
	OBJCOPY='$(OBJCOPY)'; export OBJCOPY; \
	MAKE='$(MAKE)'; export MAKE; \
	LIBRARY_CPPFLAGS='$(TEST_CPPFLAGS)'; export LIBRARY_CPPFLAGS; \
	LIBRARY_CFLAGS='$(LIBRARY_CFLAGS)'; export LIBRARY_CFLAGS; \
	AARCH64_CC='$(AARCH64_CC)'; export AARCH64_CC; \
	QEMU_AARCH64='$(QEMU_AARCH64)'; export QEMU_AARCH64; \
	CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
	UNIT_TESTS='$(unit_tests)'; export UNIT_TESTS;

TEST_CPPFLAGS = -D_GNU_SOURCE -iquote $(abs_top_srcdir)/src \
	-iquote $(abs_top_srcdir)/include \
	-DARCH_HEADER="$(ARCH_HEADER)" $(DEBUG_CPPFLAGS)

# One line at the end of a `make check`, whether it failed or not.
check-summary:
	@$(SHELL) $(top_srcdir)/tests/summary $(TEST_LOGS:.log=.trs)

# The long tests, with a summary line of their own.
check-long:
	$(long_environment) \
	$(MAKE) $(AM_MAKEFLAGS) check-am TESTS='$(long_tests)'; \
	status=$$?; \
	$(MAKE) $(AM_MAKEFLAGS) check-summary TESTS='$(long_tests)' || status=1; \
	exit $$status

# Before a run whose summary must not count what an earlier one left.
check-forget:
	@rm -f $(TEST_LOGS) $(TEST_LOGS:.log=.trs) test-suite.log

# For tests/lint/lists.sh. In a build made by `../configure` automake's own
# files bear that way to the sources.
list-distfiles:
	@echo $(DISTFILES) | tr -s ' ' '\n' | sed 's|^$(subst .,\.,$(srcdir))/||'

# A folder of script_data has, once tests were built, what was built of them.
dist-hook:
	find '$(distdir)/tests' -type d -name '.[dl]*s' -prune -exec rm -rf {} +
	find '$(distdir)/tests' -type f \( -name '*.o' -o -name '*.lo' \
		-o -name '*.log' -o -name '*.trs' -o -name .dirstamp \) \
		-exec rm -f {} +
	cd '$(distdir)' && rm -f $(check_PROGRAMS)

# What clang-format makes of the sources: to see it, and to apply it.
format_files = src/*/*.[ch] src/os/arch/*.[ch] include/*.h \
	tests/unit/*/*.[ch]
format-check:
	cd $(srcdir) && $(CLANG_FORMAT) --dry-run -Werror $$(ls $(format_files))
format:
	cd $(srcdir) && $(CLANG_FORMAT) -i $$(ls $(format_files))

.PHONY: check-long check-summary check-forget list-distfiles format format-check
