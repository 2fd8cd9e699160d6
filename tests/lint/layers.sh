# tests/lint/layers.sh - src/LAYERS is what the sources do.
#
# usage: layers.sh [TREE]     TREE: the source tree (top_srcdir)

. "$top_srcdir/tests/tap.sh"

src=${1-$top_srcdir}/src

# "folder: may include", without purpose.
sed 's/#.*//; /^[[:space:]]*$/d' "$src/LAYERS" >"$scratch/layers"
(cd "$src" && find . -type f -name '*.[ch]' | sed 's|^\./||' | sort) \
    >"$scratch/files"

# The order itself: each layer stands once, on earlier layers only.
$AWK '{
    sub(/:/, " : ")
    if ($2 != ":")
        print "no colon: " $0
    if ($1 in line)
        print $1 ": twice"
    for (i = 3; i <= NF; i++)
        if (!($i in line))
            print $1 ": " $i " is not on an earlier line"
    line[$1] = NR
}' "$scratch/layers" >"$scratch/order"
tap_is_empty "each layer stands on earlier lines of src/LAYERS only" \
    "$scratch/order"

# Each folder is a layer, and each file is in one.
(cd "$src" && find . -type f ! -name LAYERS ! -name local.mk |
    sed 's|^\./||' | sort) |
    $AWK -v layers="$scratch/layers" '
    BEGIN {
        while ((getline text < layers) > 0) {
            split(text, part, /[ \t:]/)
            is_layer[part[1]] = 1
        }
    }
    {
        n = split($0, part, "/")
        if (!(part[1] in is_layer))
            print $0 ": " part[1] " is not in src/LAYERS"
        else if (n == 2 || (n == 3 && part[1] == "os" && part[2] == "arch") ||
                 (n == 3 && part[1] == "report" && part[2] == "html"))
            ;
        else
            print $0 ": not directly in a folder of src/"
    }' >"$scratch/places"
tap_is_empty "each source file lies in the folder of a layer" "$scratch/places"

# Includes. A toolbox shows all its headers; of another layer, the door.
while read -r file; do
    $AWK -v file="$file" '
        /^[ \t]*#[ \t]*include[ \t]/ {
            name = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
            sub(/[ \t]*(\/\*.*)?$/, "", name)
            print file, FNR, name
        }' "$src/$file"
done <"$scratch/files" >"$scratch/includes"

$AWK -v layers="$scratch/layers" -v src="$src" '
    function exists(path,   line, status) {
        if (!(path in known)) {
            status = (getline line < (src "/" path))
            known[path] = (status >= 0)
            close(src "/" path)
        }
        return known[path]
    }
    function say(what) { print "src/" $1 ":" $2 ": " $3 ": " what }
    BEGIN {
        while ((getline text < layers) > 0) {
            sub(/:/, " ", text)
            n = split(text, part)
            is_layer[part[1]] = 1
            for (i = 2; i <= n; i++)
                may[part[1], part[i]] = 1
        }
        toolbox["base"] = toolbox["os"] = toolbox["meta"] = 1
        toolbox["model"] = 1
    }
    {
        split($1, part, "/")
        from = part[1]
        if ($3 ~ /^</) {
            next
        }
        if ($3 == "ARCH_HEADER") {
            if ($1 != "os/arch/arch.h")
                say("only os/arch/arch.h chooses a CPU")
            next
        }
        if ($3 !~ /^".*"$/) {
            say("neither <...> nor \"...\"")
            next
        }
        name = substr($3, 2, length($3) - 2)
        if (name == "dbgmalloc.h") {
            if (from != "front" && from != "tool")
                say("the public header is for front and tool")
            next
        }
        n = split(name, to, "/")
        if (n < 2 || !(to[1] in is_layer)) {
            say("an include names its layer")
            next
        }
        if (!exists(name))
            say("no such file")
        if (name ~ /^os\/arch\// && name != "os/arch/arch.h" &&
            $1 !~ /^os\/arch\//)
            say("only os/arch names a CPU")
        if (to[1] == from)
            next
        if (!((from, to[1]) in may)) {
            say(from " may not include " to[1])
            next
        }
        if (!(to[1] in toolbox) && name != to[1] "/" to[1] ".h")
            say("the door of " to[1] " is " to[1] "/" to[1] ".h")
    }' "$scratch/includes" >"$scratch/bad"
tap_is_empty "includes go down, and through doors" "$scratch/bad"

# Each layer that is no toolbox, and has sources that others may include, has
# its door.
$AWK '{ sub(/:.*/, ""); print $1 }' "$scratch/layers" | while read -r layer; do
    case $layer in
    base | os | meta | model | front | tool) continue ;;
    esac
    if grep -q "^$layer/.*\.c\$" "$scratch/files" &&
        [ ! -f "$src/$layer/$layer.h" ]; then
        echo "src/$layer/ has no $layer.h"
    fi
done >"$scratch/doors"
tap_is_empty "each layer has a door" "$scratch/doors"

# No CPU and no other system is named outside os/.
(cd "$src" && grep -nE \
    '^[[:space:]]*#.*(__(x86_64|amd64|i386|aarch64|arm)__|__(linux|APPLE|FreeBSD)__)' \
    $(grep -v '^os/' "$scratch/files") /dev/null) >"$scratch/ifdefs"
tap_is_empty "no #ifdef on CPU or system outside os/" "$scratch/ifdefs"

# LOCK_RANK_<LAYER> is the line of the layer, counted from 1.
$AWK -v layers="$scratch/layers" '
    BEGIN {
        while ((getline text < layers) > 0) {
            sub(/[ \t:].*/, "", text)
            rank[toupper(text)] = ++count
        }
    }
    /^[ \t]*LOCK_RANK_[A-Z]+[ \t]*=/ {
        seen++
        name = $1
        sub(/^LOCK_RANK_/, "", name)
        value = $0
        sub(/^[^=]*=[ \t]*/, "", value)
        sub(/[^0-9].*/, "", value)
        if (!(name in rank))
            print "LOCK_RANK_" name ": no such layer"
        else if (rank[name] != value)
            print "LOCK_RANK_" name " is " value ", its line is " rank[name]
    }
    END {
        if (!seen)
            print "no LOCK_RANK_ in os/lock.h"
    }' "$src/os/lock.h" >"$scratch/ranks"
tap_is_empty "lock ranks are the lines of src/LAYERS" "$scratch/ranks"

tap_done
