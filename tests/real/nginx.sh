#!/bin/bash
# nginx with two workers on a free loopback port, under load by ab or wrk:
# files, gzip, a proxy to itself, a reload, a clean end.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"
PATH=$PATH:/usr/sbin

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1:0")->sockport'
}

get() { # PATH [CURL OPTIONS]
    local path=$1
    shift
    curl -s -o body -w '%{http_code} %{content_type}\n' "$@" \
        "http://127.0.0.1:$port$path"
    cksum <body
}

load() { # PATH
    if command -v ab >/dev/null; then
        ab -q -n 3000 -c 20 "$@" >load.out 2>&1
        echo "load: status $?"
        grep -E '^(Complete|Failed|Non-2xx)' load.out
    else
        wrk -t 2 -c 20 -d 1 "$@" >load.out 2>&1
        echo "load: status $?"
    fi
}

work() {
    local server n port user=
    port=$(free_port)
    [ "$(id -u)" = 0 ] && user="user root;"
    mkdir -p root logs temp
    seq 1 20000 >root/large.txt
    echo "<p>small</p>" >root/index.html
    cat >conf <<CONF
$user
daemon off;
worker_processes 2;
error_log $PWD/logs/error.log;
pid $PWD/pid;
events { worker_connections 256; }
http {
    types { text/html html; text/plain txt; }
    access_log $PWD/logs/access.log;
    client_body_temp_path $PWD/temp/body;
    proxy_temp_path $PWD/temp/proxy;
    fastcgi_temp_path $PWD/temp/fastcgi;
    uwsgi_temp_path $PWD/temp/uwsgi;
    scgi_temp_path $PWD/temp/scgi;
    gzip on;
    gzip_types text/plain;
    server {
        listen 127.0.0.1:$port;
        root $PWD/root;
        location /again/ { proxy_pass http://127.0.0.1:$port/; }
        location ~ ^/old/(.*)\$ { return 302 /\$1; }
    }
}
CONF
    under nginx -e "$PWD/logs/first.log" -c "$PWD/conf" -t 2>/dev/null
    echo "configuration: status $?"
    under_exec nginx -e "$PWD/logs/first.log" -c "$PWD/conf" &
    server=$!
    for n in $(seq 100); do
        curl -s -o /dev/null "http://127.0.0.1:$port/" && break
        sleep 0.1
    done
    get / && get /large.txt && get /large.txt --compressed
    get /again/large.txt -r 100-999
    get /none && get /old/index.html
    load "http://127.0.0.1:$port/"
    load -k -H "Accept-Encoding: gzip" "http://127.0.0.1:$port/again/large.txt"
    kill -HUP "$server"
    sleep 0.5
    get /again/
    load -k "http://127.0.0.1:$port/large.txt"
    kill -QUIT "$server"
    wait "$server"
    echo "server: status $?"
    grep -c -E '\[(alert|emerg|crit)\]' logs/error.log
    echo "work done"
}

real_test nginx nginx curl perl
