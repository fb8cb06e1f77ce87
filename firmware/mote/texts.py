"""Message texts that an image keeps on flash, one a line of /mote/texts, instead of in the heap.

No source calls this: `sealmote.shrink.texts` puts calls where the texts were.
"""

_PATH = "/mote/texts"


def text_at(at: int, values: object = ()) -> str:
    """Return the text at byte ``at`` of the file, ``values`` in its conversions as ``%`` puts them.

    Never raises, for what it words is an error on its way: where there is no such text, its place and
    the values stand in for it.
    """
    try:
        with open(_PATH) as file:
            file.seek(at)
            line: str = file.readline()
        if line[-1:] != "\n":
            raise ValueError("no text ends there")
        return line[:-1] % values
    except (OSError, ValueError, TypeError, MemoryError):
        try:
            return "text %d of %s, which cannot be read: %r" % (at, _PATH, values)
        except MemoryError:
            return "no memory to say it"
