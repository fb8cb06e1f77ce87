"""Ask for confirmation at the terminal; without one, name the option that confirms."""

import sys

import typer

from sealmote.errors import SealmoteError


class NobodyAgreedError(SealmoteError):
    """Something that a person has to agree to, and no terminal to ask at."""


def agree(question: str, otherwise: str) -> None:
    """Ask; typer.Abort for a no, NobodyAgreedError with the words ``otherwise`` without a terminal."""
    if not sys.stdin.isatty():
        raise NobodyAgreedError(otherwise)
    typer.confirm(question, abort=True, err=True)


def agree_to_plan() -> None:
    """Ask whether the plan that was shown is to be carried out."""
    agree("Write this?", "nobody is here to agree to the plan: say --yes, or --plan to see it only")
