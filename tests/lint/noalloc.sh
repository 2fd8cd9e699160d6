# tests/lint/noalloc.sh - the library calls nothing of libc that could allocate,
# lock or print: each undefined name of each object is defined in the library
# or stands in tests/lint/libc-calls. And front/ alone calls malloc by name, if
# anybody does.

. "$top_srcdir/tests/tap.sh"

allowed=${DBGMALLOC_LIBC_CALLS-$top_srcdir/tests/lint/libc-calls}

[ -n "$(library_objects base)" ] || tap_skip_all "nothing is built"

# nm -A says "OBJECT:VALUE LETTER NAME", and "OBJECT: LETTER NAME" of what is
# not defined.
for layer in $(library_layers); do
    # shellcheck disable=SC2046
    $NM -g -A $(library_objects "$layer") | $AWK -v layer="$layer" '
        NF == 3 {
            object = $1
            sub(/:[0-9a-f]*$/, "", object)
            sub(/.*\//, "", object)
            print layer, $1 ~ /:$/ ? "U" : "D", $3, object
        }'
done >"$scratch/names"

$AWK -v allowed="$allowed" '
    BEGIN {
        while ((getline text < allowed) > 0) {
            if (text ~ /^[ \t]*(#|$)/)
                continue
            n = split(text, part)
            if (n < 3)
                print allowed ": " text ": without a reason"
            m = split(part[2], layer, ",")
            for (i = 1; i <= m; i++)
                may[layer[i], part[1]] = 1
        }
    }
    $2 == "D" { defined[$3] = $1 }
    $2 == "U" { line[++count] = $0 }
    END {
        for (i = 1; i <= count; i++) {
            split(line[i], part)
            name = part[3]
            if (name in defined)
                continue
            if ((part[1], name) in may || ("all", name) in may)
                continue
            object = part[4]
            sub(/^lib[a-z]*_la-/, "", object)
            print part[1] "/" object ": " name
        }
    }' "$scratch/names" | sort -u >"$scratch/bad"
tap_is_empty "the library takes nothing from libc but what is listed" \
    "$scratch/bad"

# libtell and libkeep stand without front/: what they leave undefined is not
# defined there.
$AWK '
    $2 == "D" && $1 == "front" { front[$3] = 1 }
    $2 == "U" && $1 != "front" { line[++count] = $0 }
    $2 == "D" && $1 != "front" { inner[$3] = 1 }
    END {
        for (i = 1; i <= count; i++) {
            split(line[i], part)
            if (part[3] in front && !(part[3] in inner))
                print part[1] ": " part[3] " is defined in front/"
        }
    }' "$scratch/names" | sort -u >"$scratch/bad"
tap_is_empty "libtell and libkeep stand without front/" "$scratch/bad"

# A layer calls only into the layers it may include: a declaration copied into
# a .c file would get past the includes.
$AWK -v file="$top_srcdir/src/LAYERS" '
    BEGIN {
        while ((getline text < file) > 0) {
            sub(/#.*/, "", text)
            sub(/:/, " ", text)
            n = split(text, part)
            for (i = 1; i <= n; i++)
                may[part[1], part[i]] = 1
        }
    }
    $2 == "D" { home[$3] = $1 }
    $2 == "U" { line[++count] = $0 }
    END {
        for (i = 1; i <= count; i++) {
            split(line[i], part)
            if (part[3] in home && !((part[1], home[part[3]]) in may))
                print part[1] " calls " part[3] " of " home[part[3]]
        }
    }' "$scratch/names" | sort -u >"$scratch/bad"
tap_is_empty "calls go where includes may go" "$scratch/bad"

tap_done
