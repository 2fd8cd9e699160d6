# tests/lint/style.sh - length of files, functions and lines, and what a
# formatter does not say.
#
# usage: style.sh [TREE]

. "$top_srcdir/tests/tap.sh"

tree=${1-$top_srcdir}

# A folder that is not there yet is no fault.
(cd "$tree" && find src include tests -type f -name '*.[ch]' 2>/dev/null |
    sort) >"$scratch/files"

# One pass over all of them.
(cd "$tree" && xargs $AWK -v out="$scratch" '
    function say(list, what) { print file ":" FNR ": " what >> (out "/" list) }
    function end_file()
    {
        if (file != "" && lines > 800)
            print file ":" lines ": " lines " lines" >> (out "/long")
    }
    FNR == 1 {
        end_file()
        file = FILENAME
        in_comment = start = 0
        if (file ~ /^(src|include)\// && $0 !~ /^\/\*/)
            say("heads", "does not begin with a comment that says what it is")
    }
    {
        lines = FNR
        if (length($0) > 80)
            say("columns", length($0) " columns")
        if ($0 ~ /\t/)
            say("blanks", "a tab")
        if ($0 ~ /[ \t\r]$/)
            say("blanks", "a blank at the end")
    }
    # Take out strings and the insides of comments, to find a // that is one.
    {
        text = $0
        gsub(/\\./, "", text)
        gsub(/"[^"]*"/, "\"\"", text)
        gsub(/\047[^\047]*\047/, "0", text)
        clean = ""
        while (text != "") {
            if (in_comment) {
                at = index(text, "*/")
                if (!at)
                    break
                in_comment = 0
                text = substr(text, at + 2)
                continue
            }
            at = index(text, "/*")
            slashes = index(text, "//")
            if (slashes && (!at || slashes < at)) {
                say("slashes", "a // comment")
                break
            }
            if (!at) {
                clean = clean text
                break
            }
            clean = clean substr(text, 1, at - 1)
            in_comment = 1
            text = substr(text, at + 2)
        }
    }
    # A function: its name at column 0, its brace alone on a line.
    clean ~ /^[A-Za-z_][A-Za-z_0-9]*\(/ { name = clean; sub(/\(.*/, "", name) }
    clean ~ /^\{/ { start = FNR }
    clean ~ /^\}/ {
        if (start && FNR - start - 1 > 60)
            say("functions", name ": " FNR - start - 1 " lines")
        start = 0
    }
    clean ~ /^[A-Za-z_].*\)[ \t]*\{$/ && clean !~ /^(struct|enum|union)/ {
        say("braces", "the brace of a function stands on its own line")
    }
    END { end_file() }' <"$scratch/files") || exit 99

while read -r file; do
    if [ -n "$(tail -c 1 "$tree/$file")" ]; then
        echo "$file: no newline at the end" >>"$scratch/blanks"
    fi
done <"$scratch/files"

tap_is_empty "no file has more than 800 lines" "$scratch/long"
tap_is_empty "no line has more than 80 columns" "$scratch/columns"
tap_is_empty "no tab, no blank at a line's end" "$scratch/blanks"
tap_is_empty "comments are not //" "$scratch/slashes"
tap_is_empty "the brace of a function stands on its own line" "$scratch/braces"
tap_is_empty "each source file says first what it is" "$scratch/heads"

# A long function is a remark, for the reader of the log: some are one table.
if [ -s "$scratch/functions" ]; then
    tap_note "functions of more than 60 lines:"
    tap_note "$(cat "$scratch/functions")"
fi
tap_done
