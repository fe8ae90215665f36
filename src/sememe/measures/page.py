"""A page of the docs for each measure, written from its record and its docstring, so that neither can
drift.
"""

import inspect
import math
import re

from sememe.measures.record import FAMILIES, MeasureRecord, registry

_REFERENCE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")
_NAMED = re.compile(r"^([A-Za-z_]+(?:, [a-z_]+)*): ", re.MULTILINE)
_AS_FOR = re.compile(r"\s*Arguments[^.]* as for `(\w+)`(?:; besides them:|\.)")
_SECTION = re.compile(r"^(Args|Returns|Raises|Source):\s*", re.MULTILINE)


def page(record: MeasureRecord, picture: str = "") -> str:
    """The page of one measure, in Markdown; a picture and the words below it stand above its facts.

    >>> print(page(registry()["fvu"]).splitlines()[0])
    # Fraction of variance unexplained (FVU)
    """
    body, sections, example = _docstring(record)
    facts = [
        ("Call", f"`sememe.measures.{record.name}({', '.join(_parameters(record))})`"),
        ("Family", FAMILIES[record.family]),
        ("Gives", "one number a unit" if record.level == "unit" else "one number for the whole unit set"),
        ("Range", f"{_number(record.range[0])} to {_number(record.range[1])}"),
        ("Better", {True: "higher", False: "lower", None: "neither"}[record.higher_is_better]),
        ("A dead unit", _dead(record)),
        ("Needs", ", ".join(sorted(record.needs))),
        ("Source", record.source),
    ]
    lines = [f"# {record.title}", "", body, "", f"$$ {record.formula} $$", ""]
    lines += [*([picture, ""] if picture else []), "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in facts]
    for title, heading in (("Args", "Arguments"), ("Returns", "Result"), ("Raises", "Errors")):
        if title in sections:
            lines += ["", f"## {heading}", "", _NAMED.sub(r"- **\1**: ", sections[title])]
    return "\n".join([*lines, "", "## Example", "", "```python", example, "```", ""])


def index() -> str:
    """The list of all measures, family by family, each linked to its page."""
    lines = ["# Measures"]
    family = ""
    for record in registry().values():
        if record.family != family:
            family = record.family
            lines += ["", f"## {FAMILIES[family]}", ""]
        body = _docstring(record)[0].split("\n\n")[0].replace("\n", " ")
        lines.append(f"- [{record.title}]({record.name}.md): {body}")
    return "\n".join([*lines, ""])


def _dead(record: MeasureRecord) -> str:
    """What it gets, and what that counts in the mean of a set, which gains nothing by dead units."""
    return f"NaN; counts {record.dead_value:g} in the mean of a set" if record.dead == "NaN" else record.dead


def _docstring(record: MeasureRecord) -> tuple[str, dict[str, str], str]:
    """What a docstring says before its sections, its sections by name, and its example.

    Where it says "Arguments and errors as for" another measure, that one's sections stand in for those that
    it has not, and its arguments go before its own: in the source they are written once, a page is whole.
    """
    text = _REFERENCE.sub(r"`\1`", inspect.getdoc(record.function) or "").replace("``", "`")
    text, _, example = text.partition("\n>>> ")
    body, *parts = _SECTION.split(text)
    sections = {
        name: inspect.cleandoc(content).strip() for name, content in zip(parts[::2], parts[1::2], strict=True)
    }
    if other := _AS_FOR.search(body):
        body = _AS_FOR.sub("", body)
        _, borrowed, _ = _docstring(registry()[other[1]])
        if "Args" in sections:
            borrowed["Args"] += "\n" + sections.pop("Args")
        sections = {**borrowed, **sections}
    return body.strip(), sections, ">>> " + example.strip()


def _parameters(record: MeasureRecord) -> list[str]:
    return [
        name if parameter.default is inspect.Parameter.empty else f"{name}={parameter.default!r}"
        for name, parameter in inspect.signature(record.function).parameters.items()
    ]


def _number(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else ("unbounded" if value > 0 else "unbounded below")


def _cell(text: str) -> str:
    """Within a table a bar would end the cell."""
    return text.replace("|", r"\|")
