"""What a test needs and this machine lacks: a skip that says what installs it, and in CI a failure."""

import os
import warnings
from typing import NoReturn

import pytest


def lacking(what: str, mend: str) -> NoReturn:
    """End a test for want of something; ``mend`` is the command that installs it."""
    missing = f"{what} is missing: {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    warnings.warn(missing, stacklevel=2)  # shown in the summary, which a skip's reason is not
    pytest.skip(missing)
