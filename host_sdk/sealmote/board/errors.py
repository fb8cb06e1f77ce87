"""Exceptions of boards, images and ports; each message names cause and next step.

SealmoteError
 └ BoardError
    ├ ImageError          an image that cannot be built, read, or put on that board
    │  └ BaseImageError   a MicroPython image that is not what it should be
    ├ DownloadError       a base image that cannot be had
    ├ ToolError           a program or library that is missing, or of another release
    ├ PortError           a serial port that cannot be used, or a board that does not answer
    ├ RefusedError        a plan that would cost a key or unsent readings
    └ JournalError        a flash journal that cannot be read or written
"""

from sealmote.errors import SealmoteError


class BoardError(SealmoteError):
    """Anything that has to do with boards, their images and their ports."""


class ImageError(BoardError):
    """An image that cannot be built or read, or that does not suit a board."""


class BaseImageError(ImageError):
    """A base image of another chip, of another release, damaged, or too large."""


class DownloadError(BoardError):
    """A base image that is not pinned, cannot be fetched, or is not the pinned one."""


class ToolError(BoardError):
    """A tool that is missing on this machine, failed, or is of the wrong release."""


class PortError(BoardError):
    """A port that cannot be opened, or has no board in the right mode behind it."""


class RefusedError(BoardError):
    """A plan that would overwrite an identity or readings that nobody else has."""


class JournalError(BoardError):
    """A flash journal that cannot be read or written."""
