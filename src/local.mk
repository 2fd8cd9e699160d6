# src/local.mk - what the library is made of.
#
# One variable per layer, in the order of src/LAYERS. To add a file, put it on
# its layer's list; headers and .def files too, so that they are in the
# tarball.

# --- tell: names and says things -------------------------------------------

base_sources = \
	src/base/attr.h \
	src/base/bits.h \
	src/base/crc.c src/base/crc.h \
	src/base/format.c src/base/format.h \
	src/base/hash.h \
	src/base/list.h \
	src/base/real.c src/base/real.h \
	src/base/seen.h \
	src/base/sha256.c src/base/sha256.h \
	src/base/text.c src/base/text.h

os_sources = \
	src/os/call.h \
	src/os/clock.c src/os/clock.h \
	src/os/copy.c src/os/copy.h \
	src/os/file.c src/os/file.h \
	src/os/lines.c src/os/lines.h \
	src/os/lock.c src/os/lock.h \
	src/os/maps.c \
	src/os/page.c src/os/page.h \
	src/os/peek.c \
	src/os/presence.c src/os/presence.h \
	src/os/process.c src/os/process.h \
	src/os/remote.c src/os/remote.h \
	src/os/signal.c src/os/signal.h \
	src/os/slice.c src/os/slice.h \
	src/os/tasks.c src/os/tasks.h \
	src/os/thread.c src/os/thread.h \
	src/os/vdso.c src/os/vdso.h \
	src/os/arch/arch.h

# One pair of files per CPU, chosen by configure.
if ARCH_X86_64
os_sources += src/os/arch/x86_64.c src/os/arch/x86_64.h
endif
if ARCH_AARCH64
os_sources += src/os/arch/aarch64.c src/os/arch/aarch64.h
endif

meta_sources = \
	src/meta/buffer.c src/meta/buffer.h \
	src/meta/meta.c src/meta/meta.h \
	src/meta/pool.c src/meta/pool.h \
	src/meta/region.c src/meta/region.h \
	src/meta/table.c src/meta/table.h \
	src/meta/vector.c src/meta/vector.h

conf_sources = \
	src/conf/aliases.def \
	src/conf/conf.c src/conf/conf.h \
	src/conf/describe.c \
	src/conf/option.c src/conf/option.h \
	src/conf/options.def \
	src/conf/parse.c src/conf/parse.h \
	src/conf/presets.def \
	src/conf/print.c \
	src/conf/source.c src/conf/source.h \
	src/conf/store.c src/conf/store.h \
	src/conf/suggest.c src/conf/suggest.h \
	src/conf/value.c src/conf/value.h

model_sources = \
	src/model/apierrors.def \
	src/model/block.c src/model/block.h \
	src/model/codec.h \
	src/model/control.h \
	src/model/counter.c src/model/counter.h \
	src/model/counters.def \
	src/model/decode.c \
	src/model/encode.c \
	src/model/finding.c src/model/finding.h \
	src/model/findings.def \
	src/model/frames.c \
	src/model/module.h \
	src/model/sample.h \
	src/model/snapshot.c src/model/snapshot.h \
	src/model/trace.h \
	src/model/curve.c src/model/curve.h \
	src/model/wire.c src/model/wire.h

dwarf_sources = \
	src/dwarf/aranges.c src/dwarf/aranges.h \
	src/dwarf/cfi.c src/dwarf/cfi.h \
	src/dwarf/cursor.c src/dwarf/cursor.h \
	src/dwarf/dwarf.h \
	src/dwarf/expr.c src/dwarf/expr.h \
	src/dwarf/form.c src/dwarf/form.h \
	src/dwarf/frame.c src/dwarf/frame.h \
	src/dwarf/info.c src/dwarf/info.h \
	src/dwarf/line.c src/dwarf/line.h \
	src/dwarf/package.c src/dwarf/package.h \
	src/dwarf/range.c src/dwarf/range.h

elf_sources = \
	src/elf/debugfile.c src/elf/debugfile.h \
	src/elf/dynamic.c src/elf/dynamic.h \
	src/elf/elf.h \
	src/elf/image.c src/elf/image.h \
	src/elf/imports.c src/elf/imports.h \
	src/elf/inflate.c src/elf/inflate.h \
	src/elf/loader.c src/elf/loader.h \
	src/elf/modules.c src/elf/modules.h \
	src/elf/symtab.c src/elf/symtab.h

symbol_sources = \
	src/symbol/keepers.def \
	src/symbol/runtime.c src/symbol/runtime.h \
	src/symbol/catalog.c src/symbol/catalog.h \
	src/symbol/demangle.c src/symbol/demangle.h \
	src/symbol/index.c src/symbol/index.h \
	src/symbol/namebuf.h \
	src/symbol/object.c src/symbol/object.h \
	src/symbol/punycode.c src/symbol/punycode.h \
	src/symbol/resolve.c \
	src/symbol/rust.c src/symbol/rust.h \
	src/symbol/rustlegacy.c src/symbol/rustlegacy.h \
	src/symbol/sections.c src/symbol/sections.h \
	src/symbol/split.c src/symbol/split.h \
	src/symbol/symbol.h \
	src/symbol/unit.c src/symbol/unit.h

report_sources = \
	src/report/alert.c src/report/alert.h \
	src/report/book.c src/report/book.h \
	src/report/calltree.c src/report/calltree.h \
	src/report/compare.c src/report/compare.h \
	src/report/difference.c \
	src/report/dump.c src/report/dump.h \
	src/report/emit.c src/report/emit.h \
	src/report/frametext.c src/report/frametext.h \
	src/report/explain.c src/report/explain.h \
	src/report/explainkind.c \
	src/report/folded.c \
	src/report/formats.def \
	src/report/gzip.c src/report/gzip.h \
	src/report/hidden.c src/report/hidden.h \
	src/report/modulemap.c src/report/modulemap.h \
	src/report/shorten.c src/report/shorten.h \
	src/report/variable.c \
	src/report/spots.c src/report/spots.h \
	src/report/html.c \
	src/report/htmlassets.h \
	src/report/hexrows.c src/report/hexrows.h \
	src/report/json.c \
	src/report/line.c \
	src/report/lineage.c src/report/lineage.h \
	src/report/log.c src/report/log.h \
	src/report/logfile.c src/report/logfile.h \
	src/report/logname.c src/report/logname.h \
	src/report/massif.c \
	src/report/named.c src/report/named.h \
	src/report/names.c src/report/names.h \
	src/report/openmetrics.c \
	src/report/webpage.h \
	src/report/pagedata.c \
	src/report/place.c \
	src/report/pprof.c \
	src/report/render.c src/report/render.h \
	src/report/report.h \
	src/report/rule.c src/report/rule.h \
	src/report/rulefile.c src/report/rulefile.h \
	src/report/rulegen.c src/report/rulegen.h \
	src/report/excerpt.c src/report/excerpt.h \
	src/report/stats.c \
	src/report/suppress.c src/report/suppress.h \
	src/report/suppressions.def \
	src/report/table.c \
	src/report/text.c \
	src/report/weigh.c src/report/weigh.h \
	src/report/whole.c src/report/whole.h \
	src/report/words.c src/report/words.h

tell_sources = \
	$(base_sources) $(os_sources) $(meta_sources) $(conf_sources) \
	$(model_sources) $(dwarf_sources) $(elf_sources) $(symbol_sources) \
	$(report_sources)

# --- keep: holds memory and notices things ---------------------------------

heap_sources = \
	src/heap/arena.c src/heap/arena.h \
	src/heap/close.c \
	src/heap/guarded.c src/heap/guarded.h \
	src/heap/heap.h \
	src/heap/large.c src/heap/large.h \
	src/heap/pagemap.c src/heap/pagemap.h \
	src/heap/record.h \
	src/heap/shield.c src/heap/shield.h \
	src/heap/sizeclass.c src/heap/sizeclass.h \
	src/heap/slot.c \
	src/heap/span.h \
	src/heap/tcache.c src/heap/tcache.h \
	src/heap/inspect.c src/heap/inspect.h \
	src/heap/walk.c

stack_sources = \
	src/stack/bounds.c src/stack/bounds.h \
	src/stack/capture.c \
	src/stack/depot.c src/stack/depot.h \
	src/stack/memo.c src/stack/memo.h \
	src/stack/rowcache.c src/stack/rowcache.h \
	src/stack/stack.h \
	src/stack/tables.c src/stack/tables.h \
	src/stack/unwind.c src/stack/unwind.h

guard_sources = \
	src/guard/fence.c src/guard/fence.h src/guard/slotfence.h src/guard/wide.h \
	src/guard/fill.c src/guard/fill.h \
	src/guard/guard.h \
	src/guard/guardpage.c src/guard/guardpage.h \
	src/guard/layout.c \
	src/guard/quarantine.c src/guard/quarantine.h

track_sources = \
	src/track/access.c \
	src/track/alloc.c src/track/alloc.h \
	src/track/annotate.c src/track/annotate.h \
	src/track/audit.c src/track/audit.h \
	src/track/fault.c \
	src/track/foreign.c src/track/foreign.h \
	src/track/free.c src/track/free.h \
	src/track/inject.c src/track/inject.h \
	src/track/light.c src/track/light.h \
	src/track/live.c src/track/live.h \
	src/track/flaw.c src/track/flaw.h \
	src/track/policy.c src/track/policy.h \
	src/track/protect.c src/track/protect.h \
	src/track/resize.c \
	src/track/retire.c src/track/retire.h \
	src/track/room.h \
	src/track/sampler.c src/track/sampler.h \
	src/track/self.c src/track/self.h \
	src/track/stamp.c src/track/stamp.h \
	src/track/tally.c src/track/tally.h \
	src/track/track.c src/track/track.h \
	src/track/trouble.c src/track/trouble.h \
	src/track/usual.c src/track/usual.h \
	src/track/unseen.c src/track/unseen.h

leak_sources = \
	src/leak/callagain.c src/leak/callagain.h \
	src/leak/careful.c src/leak/careful.h \
	src/leak/classify.c src/leak/classify.h \
	src/leak/interior.c src/leak/interior.h \
	src/leak/leak.h \
	src/leak/mark.c src/leak/mark.h \
	src/leak/roots.c src/leak/roots.h \
	src/leak/scan.c \
	src/leak/shadow.c src/leak/shadow.h \
	src/leak/world.c src/leak/world.h

monitor_sources = \
	src/monitor/collect.c src/monitor/collect.h \
	src/monitor/attend.c src/monitor/attend.h \
	src/monitor/course.c src/monitor/course.h \
	src/monitor/doubt.c src/monitor/doubt.h \
	src/monitor/growth.c src/monitor/growth.h \
	src/monitor/history.c src/monitor/history.h \
	src/monitor/holders.c src/monitor/holders.h \
	src/monitor/leakcheck.c src/monitor/leakcheck.h \
	src/monitor/monitor.c src/monitor/monitor.h \
	src/monitor/oncrash.c src/monitor/oncrash.h \
	src/monitor/onexit.c \
	src/monitor/onfault.c src/monitor/onfault.h \
	src/monitor/onsignal.c src/monitor/onsignal.h \
	src/monitor/refs.c src/monitor/refs.h \
	src/monitor/periodic.c src/monitor/periodic.h

keep_sources = \
	$(heap_sources) $(stack_sources) $(guard_sources) $(track_sources) \
	$(leak_sources) $(monitor_sources)

# --- front: the door -------------------------------------------------------

front_sources = \
	src/front/annotate.c \
	src/front/api.c \
	src/front/attach.c src/front/attach.h \
	src/front/fork.c src/front/fork.h \
	src/front/fortify.def \
	src/front/front.h \
	src/front/funcs.c src/front/funcs.h \
	src/front/funcs.def \
	src/front/hooks.c src/front/hooks.h \
	src/front/inform.c \
	src/front/iofuncs.c \
	src/front/look.c \
	src/front/mallinfo.c \
	src/front/malloc.c \
	src/front/memfuncs.c \
	src/front/operators.c \
	src/front/signals.c src/front/signals.h \
	src/front/own.def src/front/own.h \
	src/front/sites.c \
	src/front/start.c src/front/start.h \
	src/front/strfuncs.c \
	src/front/threads.c src/front/threads.h \
	src/front/wcsfuncs.c

# --- tool: the command ------------------------------------------------------

# All but main.c, which the unit tests do without.
tool_sources = \
	src/tool/args.c \
	src/tool/attach.c \
	src/tool/channel.c src/tool/channel.h \
	src/tool/bisect.c \
	src/tool/cc.c \
	src/tool/command.c src/tool/command.h \
	src/tool/commands.def \
	src/tool/env.c \
	src/tool/family.c src/tool/family.h \
	src/tool/gauge.c src/tool/gauge.h \
	src/tool/help.c \
	src/tool/injector.c src/tool/injector.h \
	src/tool/outcome.c src/tool/outcome.h \
	src/tool/pages.c src/tool/pages.h \
	src/tool/plot.c src/tool/plot.h \
	src/tool/procfs.c src/tool/procfs.h \
	src/tool/remotecall.c src/tool/remotecall.h \
	src/tool/remotefind.c src/tool/remotefind.h \
	src/tool/remotemap.c src/tool/remotemap.h \
	src/tool/remotewalk.c src/tool/remotewalk.h \
	src/tool/redraw.c src/tool/redraw.h \
	src/tool/report_cmd.c \
	src/tool/run.c \
	src/tool/seccomp.c src/tool/seccomp.h \
	src/tool/screen.c src/tool/screen.h \
	src/tool/snapfile.c src/tool/snapfile.h \
	src/tool/suppress_cmd.c \
	src/tool/tables.c \
	src/tool/target.c src/tool/target.h \
	src/tool/tool.h \
	src/tool/top.c \
	src/tool/tracee.c src/tool/tracee.h \
	src/tool/trend.c src/tool/trend.h \
	src/tool/view.c src/tool/view.h \
	src/tool/watch.c

# The public header is installed from here.
include_HEADERS += include/dbgmalloc.h include/dbgmalloc_funcs.h \
	include/dbgmalloc_off.h include/dbgmalloc_refs.h

# ---------------------------------------------------------------------------
# Below this line nothing changes when a file is added.

EXTRA_DIST += src/LAYERS src/front/exports.map

# The page's style and script, as bytes.
html_assets = src/report/html/style.css src/report/html/script.js
EXTRA_DIST += src/report/html/embed.sh $(html_assets)
CLEANFILES += src/report/htmlassets.c
src/report/htmlassets.c: src/report/html/embed.sh $(html_assets)
	$(AM_V_GEN)$(MKDIR_P) src/report && \
		$(SHELL) $(srcdir)/src/report/html/embed.sh \
		style=$(srcdir)/src/report/html/style.css \
		script=$(srcdir)/src/report/html/script.js >$@.new && \
		mv -f $@.new $@

# libtell and libkeep are what the unit tests link, and what the command-line
# tool links libtell alone of; front/ is in neither, so that those programs'
# own malloc stays libc's.
noinst_LTLIBRARIES += libtell.la libkeep.la libfront.la
libtell_la_SOURCES = $(tell_sources)
nodist_libtell_la_SOURCES = src/report/htmlassets.c
libtell_la_CFLAGS = $(LIBRARY_CFLAGS)
libkeep_la_SOURCES = $(keep_sources)
libkeep_la_CFLAGS = $(LIBRARY_CFLAGS)
libfront_la_SOURCES = $(front_sources)

# front/ keeps its frame pointer: where a call has no header's file and line,
# its caller is found from it. Exceptions (bad_alloc, a new-handler's) pass
# through its functions.
libfront_la_CFLAGS = $(LIBRARY_CFLAGS) -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls -fexceptions

library_parts = libfront.la libkeep.la libtell.la

# The shared library: all of the three, and nothing to be seen but the names
# in exports.map. nodelete: the process cannot live on without its allocator.
# initfirst: its constructor runs before those of other libraries, so that its
# exit handler runs after theirs (front/start.c).
if WANT_SHARED
lib_LTLIBRARIES += libdbgmalloc.la
endif
libdbgmalloc_la_SOURCES =
libdbgmalloc_la_CFLAGS = $(LIBRARY_CFLAGS)
libdbgmalloc_la_LIBADD = $(library_parts)
libdbgmalloc_la_DEPENDENCIES = $(library_parts) src/front/exports.map
libdbgmalloc_la_LDFLAGS = -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(srcdir)/src/front/exports.map \
	-Wl,-z,nodelete -Wl,-z,initfirst -Wl,-z,now -Wl,-z,relro \
	-Wl,-z,defs -Wl,-z,noexecstack -Wl,--as-needed

# The static library: one object, so that the linker, having taken any of our
# functions, has taken all of them and looks for none in libc's malloc. Names
# that are hidden in the shared library are made local in it. The copy in
# .libs lies beside the shared library, for those who test with both.
if WANT_STATIC
staticlibdir = $(libdir)
staticlib_DATA = libdbgmalloc.a
endif
CLEANFILES += libdbgmalloc.a dbgmalloc-one.o

libdbgmalloc.a: $(library_parts)
	$(AM_V_GEN)rm -f $@ dbgmalloc-one.o
	$(AM_V_at)$(CC) -r -nostdlib -o dbgmalloc-one.o \
		-Wl,--whole-archive .libs/libfront.a .libs/libkeep.a \
		.libs/libtell.a -Wl,--no-whole-archive
	$(AM_V_at)$(OBJCOPY) --localize-hidden dbgmalloc-one.o
	$(AM_V_at)$(AR) cr $@ dbgmalloc-one.o
	$(AM_V_at)$(RANLIB) $@
	$(AM_V_at)rm -f dbgmalloc-one.o
	$(AM_V_at)cp $@ .libs/$@

# The command: an ordinary program, of the tell half alone.
noinst_LTLIBRARIES += libcommand.la
libcommand_la_SOURCES = $(tool_sources)
libcommand_la_CPPFLAGS = $(AM_CPPFLAGS) -DTOOL_LIBDIR='"$(libdir)"' \
	-DTOOL_INCLUDEDIR='"$(includedir)"'
libcommand_la_CFLAGS = -std=gnu11 $(WARNING_CFLAGS)
bin_PROGRAMS += dbgmalloc
dbgmalloc_SOURCES = src/tool/main.c
dbgmalloc_CFLAGS = -std=gnu11 $(WARNING_CFLAGS)
dbgmalloc_LDADD = libcommand.la libtell.la -lm

# Its manual page and completions are what it says itself, so they are made
# where it can be run.
if !CROSS_COMPILING
man_MANS = doc/dbgmalloc.1
bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = doc/completion/dbgmalloc
zshcompletiondir = $(datadir)/zsh/site-functions
zshcompletion_DATA = doc/completion/_dbgmalloc
fishcompletiondir = $(datadir)/fish/vendor_completions.d
fishcompletion_DATA = doc/completion/dbgmalloc.fish
endif
CLEANFILES += doc/dbgmalloc.1 doc/completion/dbgmalloc \
	doc/completion/_dbgmalloc doc/completion/dbgmalloc.fish

doc/dbgmalloc.1: dbgmalloc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && ./dbgmalloc help --man >$@
doc/completion/dbgmalloc: dbgmalloc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc/completion && ./dbgmalloc completion bash >$@
doc/completion/_dbgmalloc: dbgmalloc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc/completion && ./dbgmalloc completion zsh >$@
doc/completion/dbgmalloc.fish: dbgmalloc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc/completion && ./dbgmalloc completion fish >$@

# The same two halves and the command with ASan and UBSan in them, for the unit
# tests only.
if SANITIZERS
check_LTLIBRARIES += libtell_check.la libkeep_check.la libcommand_check.la
unit_parts = .libs/libkeep_check.a .libs/libtell_check.a
unit_command = .libs/libcommand_check.a
else
unit_parts = .libs/libkeep.a .libs/libtell.a
unit_command = .libs/libcommand.a
endif
# libtool makes them on its way to the .la.
$(unit_parts) $(unit_command): .libs/%.a: %.la
	@touch $@
libcommand_check_la_SOURCES = $(tool_sources)
libcommand_check_la_CPPFLAGS = $(libcommand_la_CPPFLAGS)
libcommand_check_la_CFLAGS = $(libcommand_la_CFLAGS) $(SANITIZER_CFLAGS)
libtell_check_la_SOURCES = $(tell_sources)
nodist_libtell_check_la_SOURCES = src/report/htmlassets.c
libtell_check_la_CFLAGS = $(LIBRARY_CFLAGS) $(SANITIZER_CFLAGS)
libkeep_check_la_SOURCES = $(keep_sources)
libkeep_check_la_CFLAGS = $(LIBRARY_CFLAGS) $(SANITIZER_CFLAGS)
