#!/bin/bash
# bash: arrays, functions, subshells, pipes, traps, jobs, here-documents,
# substitutions, regular expressions.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    cat >work.sh <<'BASH'
set -u
declare -A count
declare -a list
for i in {1..3000}; do
    list+=("item $((i * 7919 % 1009))")
    count[${list[-1]}]=$((${count[${list[-1]}]:-0} + 1))
done
echo "${#list[@]} ${#count[@]} ${count[item 5]}"
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort | cksum
fib() { if (($1 < 2)); then echo "$1"; else
    echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); fi; }
fib 7
text=$(printf 'line %s\n' {1..2000})
while read -r word number; do
    [[ $number =~ ^([0-9])([0-9]*)7$ ]] && echo "$word ${BASH_REMATCH[2]}"
done <<<"$text" | cksum
echo "${text//line /}" | { mapfile -t lines; echo "${#lines[@]}"; }
trap 'echo "trapped"' USR1
kill -USR1 $$
for n in 1 2 3; do (exit $n) & wait $!; echo "job ended with $?"; done
cat <(echo one) <(echo two) | tr a-z A-Z
coproc ECHO { while read -r l; do echo "got $l"; done; }
echo_pid=$ECHO_PID # It is unset as soon as the job has ended.
echo hello >&"${ECHO[1]}"
read -r answer <&"${ECHO[0]}"
echo "$answer"
eval "exec ${ECHO[1]}>&-"
wait "$echo_pid" 2>/dev/null
long=$(printf 'x%.0s' {1..20000})
echo ${#long} ${long:100:5} ${long/xxx/y} | cksum
printf '%s\n' ./* | wc -l
case abc in a?c) echo matched ;; esac
unset list count
command_that_is_not_there
echo "status $?"
trap 'echo leaving' EXIT
echo "work done"
exit 17
BASH
    under bash --norc work.sh
    echo "status $?"
}

# shellcheck disable=SC2034 # For real_test.
real_modes="bare default medium"
real_test bash bash
