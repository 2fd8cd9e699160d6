#!/bin/sh
# embed.sh NAME=FILE... - each file as a C array `htmlassets_NAME`, with a NUL
# after its end, and its size, on standard output. Needs od and sed alone.
set -eu
echo '/* Made by src/report/html/embed.sh: edit the files it was made of. */'
echo '#include "report/htmlassets.h"'
for item in "$@"; do
    name=${item%%=*}
    file=${item#*=}
    echo "const unsigned char htmlassets_$name[] = {"
    od -An -v -tu1 "$file" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
    echo '0};'
    echo "const size_t htmlassets_${name}_size = sizeof(htmlassets_$name) - 1;"
done
