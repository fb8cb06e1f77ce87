"""Runs sealwire.fast on MicroPython: a request a line on stdin, an answer a line on stdout.

    sign ALG SECRET DIGEST            r and s
    public ALG SECRET                 x and y, and how often the comb ran
    verify ALG X Y DIGEST SIGNATURE   yes or no
    run ALG PROGRAM MEMORY            the field machine's memory afterwards
    garbage ALG SECRET DIGEST         bytes of heap that one signature leaves behind

All but ALG are hex. An error is answered with its type and its message.
"""

import gc
import os
import sys

from sealwire import fast

draws = [0]


def blind(size: int) -> bytes:
    draws[0] += 1
    return os.urandom(size)


engines = {}


def engine(alg: str):
    if alg not in engines:
        engines[alg] = fast.load(int(alg), blind)
    return engines[alg]


def sign(alg: str, secret: str, digest: str) -> str:
    out = bytearray(64)
    try:
        engine(alg).sign(bytes.fromhex(secret), bytes.fromhex(digest), out)
    except ValueError:
        assert out == bytearray(64), "an error left a signature behind"
        raise
    return out.hex()


def public(alg: str, secret: str) -> str:
    draws[0] = 0
    x, y = engine(alg).public(bytes.fromhex(secret))
    return f"{x.hex()} {y.hex()} {draws[0]}"


def verify(alg: str, *given: str) -> str:
    return "yes" if engine(alg).verify(*[bytes.fromhex(part) for part in given]) else "no"


def run(alg: str, program: str, memory: str) -> str:
    cells = bytearray(bytes.fromhex(memory))
    engine(alg).run(cells, bytes.fromhex(program), 0)
    return cells.hex()


def garbage(alg: str, secret: str, digest: str) -> str:
    sign(alg, secret, digest)
    raw = bytes.fromhex(secret), bytes.fromhex(digest), bytearray(64)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    engine(alg).sign(*raw)
    after = gc.mem_alloc()
    gc.enable()
    return str(after - before)


COMMANDS = {"sign": sign, "public": public, "verify": verify, "run": run, "garbage": garbage}

for line in sys.stdin:
    command, *arguments = ["" if part == "-" else part for part in line.split()]
    try:
        print(COMMANDS[command](*arguments))
    except ValueError as error:
        print(f"{type(error).__name__}: {error}")
