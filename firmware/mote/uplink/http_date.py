"""HTTP dates (RFC 9110 section 5.6.7) in their three forms."""

_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"


def unix(date: bytes) -> int | None:
    """Return the Unix seconds of an HTTP date, None for what is none.

    Sun, 06 Nov 1994 08:49:37 GMT · Sunday, 06-Nov-94 08:49:37 GMT · Sun Nov  6 08:49:37 1994
    """
    words = date.replace(b"-", b" ").split()
    try:
        if len(words) == 5:
            _, month, day, time, year = words
        else:
            _, day, month, year, time, _ = words
        hour, minute, second = [int(part) for part in time.split(b":")]
        days = _days(int(year), _month(month), int(day))
    except ValueError:
        return None
    return days * 86400 + hour * 3600 + minute * 60 + second


def _month(name: bytes) -> int:
    at = _MONTHS.find(name)
    if len(name) != 3 or at % 3:
        raise ValueError("no month")
    return at // 3 + 1


def _days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a day of the Gregorian calendar."""
    if year < 100:
        year += 2000  # no board is older
    if month < 3:  # years that begin in March have their leap day at the end
        year, month = year - 1, month + 12
    return (
        365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469
    )
