"""HTML from Python calls: whatever is not :class:`Html` already is escaped on its way in."""

import html
from collections.abc import Iterable

_VOID = frozenset({"br", "img", "link", "meta", "input"})


class Html(str):
    """Markup that needs no escaping any more."""

    __slots__ = ()


def markup(*children: object) -> Html:
    """Children in a row: markup as it is, text escaped, None and False left out, lists flattened."""
    return Html("".join(_flat(children)))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """One element.

    A trailing underscore is dropped from an attribute's name and inner ones become hyphens; True gives a bare
    attribute, None and False none at all.

    >>> tag("p", "1 < 2", class_="a", data_n=3, hidden=True)
    '<p class="a" data-n="3" hidden>1 &lt; 2</p>'
    """
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written.append(f" {key}" if value is True else f' {key}="{html.escape(str(value))}"')
    opening = f"<{name}{''.join(written)}>"
    return Html(opening if name in _VOID else f"{opening}{markup(*children)}</{name}>")


def _flat(children: Iterable[object]) -> Iterable[str]:
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str | int | float):
            yield html.escape(str(child))
        elif isinstance(child, Iterable):
            yield from _flat(child)
        else:
            raise TypeError(f"{type(child).__name__} is neither markup nor text")
