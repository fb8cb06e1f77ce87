"""ES256 and ES256K in native code for MicroPython, in constant time and little heap.

docs/signing.md explains the arithmetic. On a port without a native emitter, `load` raises and
`sealwire.ecdsa` gives the same bytes, slowly; CPython never comes here.
"""

from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from collections.abc import Callable

    from .comb import Field, Table
    from .engine import Engine

_ES256 = const(-7)
_ES256K = const(-47)


failed = False  # whether a load ended in the middle; what it took is gone until the next reset


def native(alg: int) -> "tuple[Field, Table]":
    """Load the native code of an algorithm (-7 ES256, -47 ES256K): the first import of a boot.

    An ESP32 reads each function of it into one block of its heap before it copies it out. Raises
    ImportError where this port cannot run native code, MemoryError where its largest function finds no
    free block, and after either not a second time; ValueError for any other algorithm.
    """
    global failed  # noqa: PLW0603 - one memory
    if alg not in (_ES256, _ES256K):
        raise ValueError("algorithm %r is neither ES256 (-7) nor ES256K (-47)" % alg)
    if failed:
        raise ImportError(
            "native code has not loaded, and is not tried again before the next reset"
        )
    failed = True
    try:
        field, table = _p256() if alg == _ES256 else _k256()
        from . import engine  # noqa: F401 - what else is native comes with it
    except (SyntaxError, ValueError) as error:
        raise ImportError("no native code for this port (%s): use sealwire.ecdsa" % error)
    except MemoryError:
        raise MemoryError("no block of heap for the field machine: load it before anything else")
    failed = False
    return field, table


def load(alg: int, random: "Callable[[int], bytes]") -> "Engine":
    """Return the engine of an algorithm; ``random`` is ``os.urandom``. Raises as `native` does."""
    field, table = native(alg)
    from sealwire.keys import curve_of

    from .engine import Engine

    return Engine(curve_of(alg), field, table, random)


# The field machine comes first: it needs the largest block in one piece.


def _p256() -> "tuple[Field, Table]":
    from . import field_p256  # noqa: I001 - see above
    from . import comb_p256

    return field_p256, comb_p256


def _k256() -> "tuple[Field, Table]":
    from . import field_k256  # noqa: I001 - see above
    from . import comb_k256

    return field_k256, comb_k256
