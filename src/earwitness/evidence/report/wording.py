"""Numbers, times and file names as a reader meets them in the report."""

from __future__ import annotations

import math
import unicodedata

MINUS = "\u2212"
_LARGEST_RATIO = 1e6


def visible(text: str) -> str:
    r"""Write every character that would hide, break or reorder the text as an escape.

    Line breaks, control characters, marks that turn the direction of writing and bytes
    that were not UTF-8 all become visible, so that a file name can't pass for another.

    Args:
        text: any text, lone surrogates included.

    Returns:
        Text that prints on one line.

    Example:
        >>> print(visible("a\nb\u202ec"))
        a\nb\u202ec
    """
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    shown = []
    for letter in text:
        code = ord(letter)
        if letter in named:
            shown.append(named[letter])
        elif 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is not UTF-8
            shown.append(f"\\x{code - 0xDC00:02x}")
        elif unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            shown.append(f"\\u{code:04x}")
        else:
            shown.append(letter)
    return "".join(shown)


def clock(seconds: float, *, digits: int = 1) -> str:
    """Write a position in a recording.

    Args:
        seconds: from the start, 0 or more.
        digits: after the decimal point of the seconds.

    Returns:
        Minutes and seconds, with hours where there are any.

    Example:
        >>> clock(7.44), clock(3725.0, digits=0)
        ('0:07.4', '1:02:05')
    """
    units = 10**digits
    whole = round(max(0.0, seconds) * units)
    minutes, rest = divmod(whole, 60 * units)
    hours, minutes = divmod(minutes, 60)
    width = 3 + digits if digits else 2
    tail = f"{rest / units:0{width}.{digits}f}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def lasting(seconds: float) -> str:
    r"""Write a duration with its units.

    Args:
        seconds: 0 or more.

    Returns:
        Hours, minutes and seconds; tenths of a second below a minute.

    Example:
        >>> lasting(1.0), lasting(12.34), lasting(192), lasting(7260)
        ('1.0\xa0s', '12.3\xa0s', '3 min 12 s', '2 h 1 min')
    """
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def signed(value: float, *, digits: int = 1) -> str:
    """Write a number with its sign, a true minus included.

    Args:
        value: any finite number.
        digits: after the decimal point.

    Returns:
        The number; zero has no sign.

    Example:
        >>> signed(2.345), signed(0.01)
        ('+2.3', '0.0')
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def plain(value: float, *, digits: int = 1) -> str:
    """Write a number; a sign only where it is negative.

    Example:
        >>> plain(3.14159, digits=2)
        '3.14'
    """
    text = signed(value, digits=digits)
    return text.removeprefix("+")


def figures(value: float) -> str:
    """Write a number with three figures, never as a power of ten.

    Example:
        >>> [figures(x) for x in (0.7, 12.34, 44.1, 1000)]
        ['0.7', '12.3', '44.1', '1000']
    """
    text = f"{value:.3g}"
    return f"{value:.0f}" if "e" in text else text


def _two_figures(value: float) -> str:
    if value < 10:
        return f"{value:.1f}".removesuffix(".0")
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{round(value / step) * step:,}".replace(",", "\u202f")


def ratio(llr: float) -> str:
    r"""Write how many times more probable one explanation is than the other.

    Args:
        llr: natural-log likelihood ratio of either sign; the sign is left to the sentence.

    Returns:
        Two significant figures; beyond a million only that, since nothing was validated there.

    Example:
        >>> ratio(0.0), ratio(-5.5), ratio(40.0)
        ('1', '240', 'more than 1\u202f000\u202f000')
    """
    size = abs(llr)
    if size > math.log(_LARGEST_RATIO):
        return "more than 1\u202f000\u202f000"
    return _two_figures(math.exp(size))


def odds(llr: float) -> str:
    """Write a likelihood ratio as odds, with the side they favour.

    Args:
        llr: natural-log likelihood ratio, bona fide over spoof.

    Returns:
        Odds and side.

    Example:
        >>> odds(2.31), odds(-2.31), odds(0.02)
        ('10:1 real', '10:1 synthetic', 'even')
    """
    if abs(llr) < math.log(1.05):
        return "even"
    amount = ratio(llr).removeprefix("more than ")
    more = ">" if abs(llr) > math.log(_LARGEST_RATIO) else ""
    return f"{more}{amount}:1 {'real' if llr > 0 else 'synthetic'}"


def percent(share: float) -> str:
    r"""Write a share so that only nothing is 0 % and only everything is 100 %.

    Args:
        share: 0 to 1.

    Returns:
        Percent, one decimal near the ends.

    Example:
        >>> [percent(x) for x in (0, 0.0002, 0.034, 0.51, 0.9999, 1)]
        ['0\u202f%', 'under 0.1\u202f%', '3.4\u202f%', '51\u202f%', 'over 99.9\u202f%', '100\u202f%']
    """
    if share <= 0:
        return "0\u202f%"
    if share >= 1:
        return "100\u202f%"
    if share < 0.001:
        return "under 0.1\u202f%"
    if share > 0.999:
        return "over 99.9\u202f%"
    digits = 1 if share < 0.095 or share > 0.905 else 0
    return f"{100 * share:.{digits}f}\u202f%"


def spelled(number: int) -> str:
    """Write a small number as a word, as running text has it.

    Example:
        >>> spelled(2), spelled(40)
        ('two', '40')
    """
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else f"{number:,}".replace(",", "\u202f")


def counted(number: int, one: str, many: str | None = None) -> str:
    r"""Write a count with its noun.

    Example:
        >>> counted(1, "window"), counted(1200, "window")
        ('1 window', '1\u202f200 windows')
    """
    amount = f"{number:,}".replace(",", "\u202f")
    return f"{amount} {one if number == 1 else many or one + 's'}"
