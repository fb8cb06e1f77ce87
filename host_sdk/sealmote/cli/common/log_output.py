"""Log format of commands that serve: one line on standard error for each record."""

import logging

from sealmote.common.fault_log import describe, one_line


class _Line(logging.Formatter):
    """Time, level and text on one line; an exception is what it says and where, without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f": {describe(record.exc_info[1])}"
        at = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        return f"{at} {record.levelname.lower()}: {one_line(text)}"


def log_lines() -> None:
    """Write warnings and worse to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.raiseExceptions = (
        False  # a line that cannot be written is lost, without more lines about it
    )
