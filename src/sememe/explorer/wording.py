"""How numbers are written for people: three significant digits, per cent for shares, n beside them."""

import math
import re
from collections.abc import Callable

from sememe.explorer.score import Score

DASH = "–"
NO_BREAK = "\u00a0"


def number(value: float) -> str:
    """A measure's value to three significant digits; a dash where it is not defined.

    >>> [number(x) for x in (0.04567, 12.0, 1234.5, -0.5, 0.0, float("nan"))]
    ['0.0457', '12', '1,234', '−0.5', '0', '–']
    """
    if not math.isfinite(value):
        return DASH if math.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if size >= 1000:
        text = f"{size:,.0f}"
    elif size == 0 or size >= 1e-4:
        text = f"{size:.3g}"
    else:
        text = f"{size:.1e}"
    return ("−" if value < 0 else "") + text


def percent(share: float) -> str:
    """A share from 0 to 1 as per cent.

    >>> [percent(x).replace(NO_BREAK, " ") for x in (0.98765, 0.5, 0.0123, 0.00004, 1.0, 0.0)]
    ['98.8 %', '50 %', '1.23 %', '0.004 %', '100 %', '0 %']
    """
    if math.isnan(share):
        return DASH
    value = 100 * share
    if 0 < value < 0.01:
        return f"{value:.1g}{NO_BREAK}%"
    return (f"{value:.2f}" if value < 10 else f"{value:.1f}").rstrip("0").rstrip(".") + f"{NO_BREAK}%"


def interval(score: Score, write: Callable[[float], str] = number) -> str:
    """The 95 % interval in words; empty when there is none.

    >>> interval(Score(0.5, 0.4, 0.6)), interval(Score(0.5))
    ('0.4 to 0.6', '')
    """
    if score.low is None or score.high is None:
        return ""
    return f"{write(score.low)} to {write(score.high)}"


def measured_on(score: Score) -> str:
    """What a score was measured on: ``"n = 5,000 images"``; empty when it does not say.

    >>> measured_on(Score(0.5, n=5000))
    'n = 5,000 images'
    """
    return "" if score.n is None else f"n = {score.n:,} {score.of}"


def in_full(score: Score, write: Callable[[float], str] = number) -> str:
    """Value, interval and n in one line, for tips and tables.

    >>> in_full(Score(0.5, 0.4, 0.6, 100))
    '0.5 (95 % interval 0.4 to 0.6, n = 100 images)'
    """
    between = interval(score, write)
    details = [f"95 % interval {between}" if between else "", measured_on(score)]
    if score.without_dead not in (None, score.value):
        details.append(f"{write(score.without_dead)} without dead units")
    if score.null is not None and not math.isnan(score.null):
        details.append(f"{write(score.null)} by chance")
    said = ", ".join(filter(None, details))
    return f"{write(score.value)} ({said})" if said else write(score.value)


def abbreviated(title: str) -> str:
    """A measure's title by its abbreviation, where it has one.

    >>> abbreviated("Monosemanticity score (MS) (encoder)"), abbreviated("Clarity (encoder)")
    ('MS (encoder)', 'Clarity (encoder)')
    """
    return re.sub(r"^[^()]*\(([A-Z][A-Z0-9]+)\)", r"\1", title)


def capitalised(text: str) -> str:
    """A sentence's beginning; the rest stays as it is.

    >>> capitalised("class purity of an SAE")
    'Class purity of an SAE'
    """
    return text[:1].upper() + text[1:]


def duration(seconds: float) -> str:
    """A wall time.

    >>> [duration(x) for x in (0.42, 12.34, 95.0)]
    ['0.4 s', '12.3 s', '1 min 35 s']
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
