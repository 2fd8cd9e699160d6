# tests/lint/lists.sh - src/local.mk and tests/local.mk list what is there: a
# file that is on no list is neither built nor in the tarball, and a test that
# is on no list never runs.
#
# usage: lists.sh [TREE]

. "$top_srcdir/tests/tap.sh"

tree=${1-$top_srcdir}

# words FILE - the words of a makefile, without comments.
words()
{
    sed 's/^#.*//' "$1" | tr -s ' \t\\' '\n\n\n' | sort -u
}

words "$tree/src/local.mk" >"$scratch/listed"
# The command-line tool is a program of its own; its list may be elsewhere.
words "$tree/Makefile.am" | sort -u - "$scratch/listed" >"$scratch/all"
(cd "$tree" && find src -name '*.[ch]' -o -name '*.def' | sort) \
    >"$scratch/there"
comm -23 "$scratch/there" "$scratch/all" >"$scratch/missing"
tap_is_empty "each source file is listed in src/local.mk" "$scratch/missing"

words "$tree/tests/local.mk" >"$scratch/tests"
(cd "$tree" && find tests/unit -mindepth 2 -name 'test_*.c' 2>/dev/null |
    sed 's/\.c$//' | sort) >"$scratch/there"
comm -23 "$scratch/there" "$scratch/tests" >"$scratch/missing"
tap_is_empty "each unit test is listed in tests/local.mk" "$scratch/missing"

(cd "$tree" && find tests/lint -name '*.sh' | sort) >"$scratch/there"
comm -23 "$scratch/there" "$scratch/tests" >"$scratch/missing"
tap_is_empty "each lint is listed in tests/local.mk" "$scratch/missing"

# What git keeps is in the tarball. DISTFILES is automake's own list.
if [ "$tree" = "$top_srcdir" ] && [ -e "$tree/.git" ] &&
    command -v git >/dev/null 2>&1; then
    $MAKE -s -C "$top_builddir" list-distfiles 2>/dev/null |
        tr -s ' ' '\n' | sed "s|^$tree/||" | sort -u >"$scratch/distributed"
    # A folder on the list stands for what is in it.
    (cd "$tree" && git -c safe.directory='*' ls-files 2>/dev/null) |
        grep -vE '^(\.gitignore|\.gitattributes|.*/\.gitignore)$' |
        $AWK -v list="$scratch/distributed" '
            BEGIN { while ((getline name < list) > 0) is_there[name] = 1 }
            {
                path = $0
                while (!(path in is_there) && sub(/\/[^\/]*$/, "", path))
                    ;
                if (!(path in is_there))
                    print
            }' >"$scratch/missing"
    tap_is_empty "each file that git keeps is in the tarball" \
        "$scratch/missing"
else
    tap_skip "each file that git keeps is in the tarball" "not a git checkout"
fi
tap_done
