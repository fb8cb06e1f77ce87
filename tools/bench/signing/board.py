"""What bench/device.py measures on MicroPython. Prints one JSON object a run.

board.py time ALG TURNS        microseconds and garbage of everything, taken in turns
board.py count ALG KEYS WHO    signs between calls of gc.isenabled(), for callgrind to split at
board.py heap ALG WHAT         does one thing, in whatever heap there is
"""

# mypy: ignore-errors
# ruff: noqa: D102, D103, PLC0415, ARG002, ARG005, SLF001, UP031
# (a script for MicroPython, whose time, gc and machine are not CPython's)

import gc
import json
import os
import sys
import time

DIGEST = bytes(range(32))
SECRET = bytes([0x37]) * 32

# BME280: trimming words of registers 0x88 and 0xE1, and one measurement.
LOW = bytes.fromhex("706b43671800 7d8e43d6d00b270b8c00f9ff8c3cf8c67017004b".replace(" ", ""))
HIGH = bytes.fromhex("6a01001205001e")
DATA = bytes.fromhex("655ac07eed007530")


class Bus:
    """An I2C bus with a BME280's registers and no wires; a measurement takes no time."""

    def __init__(self):
        self.mode = 0  # of ctrl_meas, 0xF4, where a burst begins that ends with the data

    def readfrom_mem(self, address, register, size):
        if register == 0xF4:
            return (bytes([self.mode & 0xFC, 0, 0]) + DATA)[:size]
        return LOW if register == 0x88 else HIGH if register == 0xE1 else DATA[:size]

    def writeto_mem(self, address, register, data):
        if register == 0xF4:
            self.mode = data[0]


def fast_key(alg, engine):
    """Return a key as an application has it, the native engine computing for it."""
    from sealwire import keys

    keys.use_engine(alg, engine)
    return keys.SecretKey(alg, SECRET)


def sensor():
    from mote.sensors.bme280 import Driver

    Driver._wait_while = lambda self, bit: None  # the sensor's own time is not ours
    return Driver(Bus(), 0x76, "bme280")


def peer_signer(alg):
    """Return the peer's signing, as a function of nothing."""
    return peer_of(alg)(SECRET, DIGEST)


def peer_of(alg):
    """Return what makes the peer's signing of one secret and digest."""
    if alg == -7:
        import textbook

        return lambda secret, digest: lambda: textbook.sign(int.from_bytes(secret, "big"), digest)
    import embit_key

    def prepared(secret, digest):
        key = embit_key.ECKey()
        key.set(secret, True)
        return lambda: key.sign_ecdsa(digest)

    return prepared


def prototype(alg):
    """Return the prototype's signing, or None where it is not on the path."""
    try:
        import signer
    except ImportError:
        return None
    name = "p256" if alg == -7 else "k1"
    curve = signer.Curve(name, "%s/tab_%s_4_6_11.bin" % (os.getenv("PROTOTYPE"), name), 4, 6, 11)
    secret = int.from_bytes(SECRET, "big")
    return lambda: curve.sign(DIGEST, secret)


def acts(alg):
    """Return everything that is timed, by name."""
    from sealwire import fast, senml, senml_codec
    from sealwire.sealer import Sealer

    engine = fast.load(alg, os.urandom)
    out = bytearray(64)
    engine.sign(SECRET, DIGEST, out)
    x, y = engine.public(SECRET)
    signature = bytes(out)
    assert engine.verify(x, y, DIGEST, signature)
    sealer = Sealer(fast_key(alg, engine))
    bme280 = sensor()

    def seal():
        pack = senml.Pack(1767225600, bme280.read())
        return sealer.seal(pack, 7, 1234, 1767225600)

    pack = senml.Pack(1767225600, bme280.read())
    found = {
        "sign": lambda: engine.sign(SECRET, DIGEST, out),
        "public": lambda: engine.public(SECRET),
        "verify": lambda: engine.verify(x, y, DIGEST, signature),
        "seal": seal,
        "encode": lambda: senml_codec.encode(pack),
        "peer": peer_signer(alg),
        "prototype": prototype(alg),
    }
    return {name: act for name, act in found.items() if act}


def elapsed(act):
    start = time.ticks_us()
    act()
    return time.ticks_diff(time.ticks_us(), start)


def garbage(act):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    act()
    left = gc.mem_alloc() - before
    gc.enable()
    return left


def measure(alg, turns):
    """Take every act in turns, so that all meet the same noise; the least of each is its time."""
    todo = acts(alg)
    best = {name: elapsed(act) for name, act in todo.items()}
    for turn in range(turns):
        for name, act in todo.items():
            if name == "peer" and turn % 8:
                continue  # it takes as long as fifty of the others
            gc.collect()
            best[name] = min(best[name], elapsed(act))
    return {"us": best, "garbage": {name: garbage(act) for name, act in todo.items()}}


def sign_between_marks(alg, keys, who):
    """Sign with random keys, nothing else happening between a mark and the next."""
    from sealwire import fast

    out = bytearray(64)
    if who == "peer":
        prepare = peer_of(alg)
    else:
        engine = fast.load(alg, os.urandom)

        def prepare(secret, digest):
            return lambda: engine.sign(secret, digest, out)

    # The first half of the range: every value of it is a secret on both curves.
    ready = [
        prepare(bytes([os.urandom(1)[0] >> 1]) + os.urandom(31), os.urandom(32))
        for _ in range(keys)
    ]
    ready[0]()
    gc.disable()
    for sign in ready:
        gc.collect()  # every signature meets the same heap
        gc.isenabled()
        sign()
        gc.isenabled()
    return {"signed": keys}


def in_heap(alg, what):
    from sealwire import fast

    engine = fast.load(alg, os.urandom)
    out = bytearray(64)
    engine.sign(SECRET, DIGEST, out)
    if what == "verify":
        x, y = engine.public(SECRET)
        assert engine.verify(x, y, DIGEST, bytes(out))
    elif what == "seal":
        from sealwire import senml
        from sealwire.sealer import Sealer

        pack = senml.Pack(1767225600, sensor().read())
        Sealer(fast_key(alg, engine)).seal(pack, 7, 1234, 1767225600)
    return {"free": gc.mem_free()}


COMMANDS = {
    "time": lambda alg, turns: measure(int(alg), int(turns)),
    "count": lambda alg, keys, who: sign_between_marks(int(alg), int(keys), who),
    "heap": lambda alg, what: in_heap(int(alg), what),
}
print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
