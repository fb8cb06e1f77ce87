"""ES256 and ES256K in native code for MicroPython, in constant time and little heap.

docs/signing.md explains the arithmetic. On a port without a native emitter, `load` raises and
`sealwire.ecdsa` gives the same bytes, slowly; CPython never comes here.
"""

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .comb import Field, Table
    from .engine import Engine


def load(alg: int, random: "Callable[[int], bytes]") -> "Engine":
    """Return the engine of an algorithm (-7 ES256, -47 ES256K); ``random`` is ``os.urandom``.

    Raises ImportError where this port cannot run native code, MemoryError where its largest module finds no
    free block (load it before anything else), and ValueError for any other algorithm.
    """
    from sealwire.keys import ES256, curve_of

    curve = curve_of(alg)
    try:
        field, table = _p256() if alg == ES256 else _k256()
        from .engine import Engine
    except (SyntaxError, ValueError) as error:
        raise ImportError("no native code for this port (%s): use sealwire.ecdsa" % error)
    except MemoryError:
        raise MemoryError("no block of heap for the field machine: load it before anything else")
    return Engine(curve, field, table, random)


# The field machine comes first: it needs the largest block in one piece.


def _p256() -> "tuple[Field, Table]":
    from . import field_p256  # noqa: I001 - see above
    from . import comb_p256

    return field_p256, comb_p256


def _k256() -> "tuple[Field, Table]":
    from . import field_k256  # noqa: I001 - see above
    from . import comb_k256

    return field_k256, comb_k256
