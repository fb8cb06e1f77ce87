"""Sessions with the database: a reader sees one committed state, a transaction also writes.

They are what `Store.read` and `Store.write` hand to the functions of this package, and all that anybody
outside of it sees of the database.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

R = TypeVar("R")
Values = Sequence[object]


class Reader:
    """Reads within one transaction of the database. For the one thread that it was made for."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection

    def all(self, kind: Callable[..., R], query: str, values: Values = ()) -> list[R]:
        """Return `kind(*row)` for each row, in the query's order."""
        return [kind(*row) for row in self._connection.execute(query, values).fetchall()]

    def first(self, kind: Callable[..., R], query: str, values: Values = ()) -> R | None:
        """Return `kind(*row)` for the first row, None if there is none."""
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else kind(*row)

    def value(self, query: str, values: Values = ()) -> Any:  # whatever is stored
        """Return the only column of the only row, as of an aggregate."""
        (found,) = self._connection.execute(query, values).fetchone()
        return found

    def column(self, query: str, values: Values = ()) -> list[Any]:
        """Return the only column of all rows."""
        return [found for (found,) in self._connection.execute(query, values).fetchall()]


class Transaction(Reader):
    """Reads and writes. What it wrote is durable, and seen by readers, once the writer has committed."""

    def execute(self, statement: str, values: Values = ()) -> None:
        """Change the database."""
        self._connection.execute(statement, values)
