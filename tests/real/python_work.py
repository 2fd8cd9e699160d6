"""What python3.sh runs: threads, subprocesses and the larger modules."""
import asyncio
import collections
import concurrent.futures
import ctypes
import decimal
import functools
import gc
import hashlib
import io
import json
import lzma
import multiprocessing
import os
import pickle
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import weakref
import xml.etree.ElementTree as etree
import zlib


def say(*words):
    print(*words, flush=True)


def churn(seed):
    """Make and drop objects of many sizes; the result depends on all."""
    kept = collections.deque(maxlen=200)
    total = 0
    for i in range(4000):
        seed = (seed * 1103515245 + 12345) % 2**31
        kept.append(bytearray(seed % 3000))
        total += len(kept[0]) + len({j: str(j) for j in range(seed % 20)})
    return total


def threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        say("threads", list(pool.map(churn, range(16))))
    event = threading.Event()
    waiting = [threading.Thread(target=event.wait) for _ in range(30)]
    for thread in waiting:
        thread.start()
    event.set()
    for thread in waiting:
        thread.join()


def processes():
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            say(method, pool.map(churn, range(4)))
    done = subprocess.run([sys.executable, "-c", "import sys; sys.exit("
                           "len(sys.stdin.read()) % 100)"],
                          input="x" * 12345, text=True, check=False)
    say("subprocess", done.returncode)
    many = [subprocess.Popen(["echo", str(i)], stdout=subprocess.PIPE)
            for i in range(10)]
    say("popen", [p.communicate()[0] for p in many])
    pid = os.fork()
    if pid == 0:
        churn(3)
        os._exit(5)
    say("fork", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


async def ticks(n):
    total = 0
    for i in range(n):
        await asyncio.sleep(0)
        total += i
    return total


async def tasks():
    say("tasks", await asyncio.gather(*(ticks(i) for i in range(50))))
    process = await asyncio.create_subprocess_exec(
        "echo", "from a task", stdout=asyncio.subprocess.PIPE)
    say((await process.communicate())[0])


def libraries():
    text = " ".join(f"word{i * 7919 % 1009}" for i in range(30000))
    data = text.encode()
    say("zlib", len(zlib.decompress(zlib.compress(data, 6))))
    say("lzma", len(lzma.decompress(lzma.compress(data, preset=1))))
    say("sha", hashlib.sha256(data).hexdigest())
    say("re", len(re.sub(r"(\w)(\d+)", r"\2\1", text)),
        len(re.findall(r"word(?:1\d+|2)", text)))
    value = [{"n": i, "l": list(range(i % 30)), "s": "é" * i}
             for i in range(300)]
    say("json", json.loads(json.dumps(value)) == value)
    say("pickle", pickle.loads(pickle.dumps(value)) == value)
    tree = etree.Element("root")
    for i in range(500):
        etree.SubElement(tree, "item", n=str(i)).text = "t" * i
    say("xml", len(etree.tostring(etree.fromstring(etree.tostring(tree)))))
    base = sqlite3.connect(":memory:")
    base.execute("create table t (a integer, b text)")
    base.executemany("insert into t values (?, ?)",
                     ((i, "x" * (i % 50)) for i in range(5000)))
    say("sqlite", base.execute("select sum(a), sum(length(b)) from t")
        .fetchone())
    base.close()
    decimal.getcontext().prec = 500
    say("decimal", hash(decimal.Decimal(2).sqrt()) != 0, 3 ** 5000 % 10 ** 20)
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    for i in range(100):
        libc.free(libc.malloc(i))
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                            ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 500)(*(i * 7919 % 1009 for i in range(500)))
    libc.qsort(numbers, 500, 4, kind(lambda a, b: a[0] - b[0]))
    say("ctypes", list(numbers) == sorted(numbers))
    with tempfile.TemporaryFile("w+") as file:
        file.writelines(f"{i}\n" for i in range(20000))
        file.seek(0)
        say("file", sum(map(int, file)))
    say("stringio", len(functools.reduce(
        lambda f, i: f.write(str(i)) and f, range(10000),
        io.StringIO()).getvalue()))


def collector():
    class Node:
        pass
    gone = []
    for _ in range(5000):
        a, b = Node(), Node()
        a.other, b.other = b, a
        weakref.finalize(a, gone.append, 1)
    del a, b
    gc.collect()
    say("collected", len(gone))
    try:
        bytearray(2 ** 62)
    except MemoryError:
        say("MemoryError")
    try:
        (lambda f: f(f))(lambda f: f(f))
    except RecursionError:
        say("RecursionError")


if __name__ == "__main__":
    threads()
    processes()
    asyncio.run(tasks())
    libraries()
    collector()
    say("work done")
    sys.exit(4)
