#!/usr/bin/env python3
# mutate.py COMMAND COUNT SEED DIRECTORY SNAPSHOT... - give COMMAND, which is
# dbgmalloc, snapshots that were damaged, in each form in turn. Wanted: it comes
# back soon, by itself, and says in a line what is wrong where it says nothing
# else. What fails is kept in DIRECTORY. Three in four have checksums that are
# right again, so that they are read.

import os
import random
import struct
import subprocess
import sys
import zlib

COMMAND, COUNT, SEED, KEEP = sys.argv[1:5]
FORMS = [['-f', form] for form in ('text', 'json', 'html', 'folded', 'pprof',
                                   'massif', 'openmetrics')]
FORMS += [['--top', '0'], ['--filter', 'a'],
          ['-f', 'folded', '--value', 'live'],
          ['--diff'], ['-f', 'json', '--diff'], ['-f', 'html', '--diff'],
          ['-f', 'folded', '--diff'], ['suppress']]
EDGES = [b'\0', b'\1', b'\x7f', b'\x80', b'\xff', b'\xff\xff\xff\xff\x0f',
         b'\xff' * 9 + b'\1', b'\x80' * 12, b'\xff' * 8, b'\0' * 8, b'<', b'"']
HEAD = 16


def sections(data):
    at = HEAD
    found = []
    while at + 16 <= len(data):
        tag, size = struct.unpack_from('<4sQ', data, at)
        if size > len(data) - at - 16:
            break
        found.append([tag, data[at + 16:at + 16 + size]])
        at += 16 + size
    return found


def join(start, parts):
    out = bytearray(start)
    for tag, payload in parts:
        head = struct.pack('<4sQ', tag, len(payload))
        out += head + struct.pack('<I', zlib.crc32(head + payload)) + payload
    return bytes(out)


def damage(rng, data):
    if not data:
        return rng.choice(EDGES)
    at = rng.randrange(len(data))
    n = min(rng.randrange(1, 24), len(data) - at)
    way = rng.randrange(7)
    if way == 0:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + \
            data[at + 1:]
    if way == 1:
        edge = rng.choice(EDGES)
        return data[:at] + edge + data[at + len(edge):]
    if way == 2:
        return data[:at] + rng.choice(EDGES) + data[at:]
    if way == 3:
        return data[:at] + data[at + n:]
    if way == 4:
        return data[:at + n] + data[at:]
    if way == 5:
        return data[:at]
    return data[:at] + rng.randbytes(n) + data[at + n:]


def mutate(rng, data):
    if rng.randrange(4) == 0:
        for _ in range(rng.randrange(1, 4)):
            data = damage(rng, data)
        return data
    parts = sections(data)
    for _ in range(rng.randrange(1, 9)):
        i = rng.randrange(len(parts))
        way = rng.randrange(20)
        if way == 0:
            parts.pop(i)
        elif way == 1:
            parts.insert(i, list(rng.choice(parts)))
        elif way == 2:
            parts[i][0] = rng.choice(parts)[0]
        else:
            parts[i][1] = damage(rng, parts[i][1])
        if not parts:
            break
    return join(data[:HEAD], parts)


def complaint(args):
    try:
        run = subprocess.run(args, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=60)
    except subprocess.TimeoutExpired:
        return 'it did not come back', 0
    said = run.stderr.decode('utf-8', 'replace')
    if run.returncode not in (0, 4):
        return 'status %d\n%s' % (run.returncode, said), run.returncode
    if 'Sanitizer' in said or 'runtime error' in said:
        return said, run.returncode
    if run.returncode == 4 and (said.count('\n') != 1 or
                                not said.startswith('dbgmalloc: ')):
        return 'it says: ' + said, 4
    if run.returncode == 0 and not run.stdout and not said and \
            'folded' not in args and 'suppress' not in args:
        return 'it says nothing', 0
    return None, run.returncode


def main():
    rng = random.Random(int(SEED))
    whole = [open(path, 'rb').read() for path in sys.argv[5:]]
    path = os.path.join(KEEP, 'mutated.snap')
    failed = 0
    read = 0
    for i in range(int(COUNT)):
        with open(path, 'wb') as out:
            out.write(mutate(rng, rng.choice(whole)))
        form = FORMS[i % len(FORMS)]
        if form[0] == 'suppress':
            args = [COMMAND, 'suppress', path]
        elif form[-1] == '--diff':
            args = [COMMAND, 'report'] + form + [sys.argv[5], path]
            if rng.randrange(2):
                args[-2:] = [path, sys.argv[5]]
        else:
            args = [COMMAND, 'report'] + form + [path]
        why, status = complaint(args)
        read += status == 0
        if why is not None:
            failed += 1
            kept = os.path.join(KEEP, 'mutated-%d.snap' % i)
            os.rename(path, kept)
            print('%s\n%s' % (' '.join(args).replace(path, kept), why[:4000]))
    if os.path.exists(path):
        os.unlink(path)
    print('# %d of %s were read' % (read, COUNT))
    return 1 if failed else 0


sys.exit(main())
