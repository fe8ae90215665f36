"""A study as one HTML file that opens anywhere, offline, in the report's look."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plotly.offline import get_plotlyjs

from sememe.explorer import prose
from sememe.explorer.charts import packed_plotly, table
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.palette import asset, palette
from sememe.explorer.wording import duration

_STYLES = ("tokens.css", "base.css", "gallery.css", "report.css")
_HALF_DISC = Html(
    '<svg viewBox="0 0 28 28" aria-hidden="true"><circle cx="14" cy="14" r="11" fill="none" '
    'stroke="currentColor" stroke-width="2"/><path d="M14 3a11 11 0 0 1 0 22z" fill="currentColor"/></svg>'
)


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    name: str
    """Its id, in the address after the hash."""
    title: str
    body: Html
    style: str = ""
    """Rules that only this section needs."""


def study_html(
    title: str,
    question: str,
    sentences: Sequence[str],
    sections: Sequence[Section],
    record: Mapping[str, Any],
) -> str:
    """The whole page: the question and its answer, the study's sections, how it was made."""
    making = Section("making", "How it was made", _making(record))
    answer = Section("answer", "Answer", _answer(title, question, sentences))
    shown = [answer, *sections, making]
    script = asset("report.js")
    colours = [f"{light}>{palette('dark')[name]}" for name, light in palette("light").items()]
    body = markup(
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        _bar(title, shown),
        tag("main", [_section(section) for section in shown]),
        tag("footer", tag("div", tag("p", prose.FOOTER), class_="page")),
        tag("script", Html(packed_plotly()), type="text/plain", id="plotly"),
        tag("script", Html(script), data_colours=" ".join(colours)),
    )
    styles = [*(asset(name) for name in _STYLES), *(section.style for section in sections)]
    head = markup(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"Sememe: {title}"),
        tag("style", Html("\n".join(styles))),
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _policy(script: str) -> str:
    """Nothing is loaded; only the report's own script and plotly.js run."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (script, get_plotlyjs())
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _bar(title: str, sections: Sequence[Section]) -> Html:
    links = [tag("li", tag("a", section.title, href=f"#{section.name}")) for section in sections]
    return tag(
        "header",
        tag(
            "div",
            tag("a", "Sememe", href="#top", class_="wordmark", title=title),
            tag("nav", tag("ul", links), aria_label="Sections"),
            tag("button", _HALF_DISC, tag("span", "Theme: system"), type="button", id="theme"),
            class_="page",
        ),
        class_="bar",
        id="top",
    )


def _section(section: Section) -> Html:
    heading = None
    if section.name != "answer":
        heading = tag("h2", section.title, id=f"{section.name}-title")
    inner = tag("div", tag("div", heading, section.body, class_="stack"), class_="page")
    return tag("section", inner, id=section.name, aria_labelledby=f"{section.name}-title")


def _answer(title: str, question: str, sentences: Sequence[str]) -> Html:
    return markup(
        tag("h1", question, id="answer-title"),
        [
            tag("p", sentence, class_="lead" if number == 0 else "prose")
            for number, sentence in enumerate(sentences)
        ],
    )


def _making(record: Mapping[str, Any]) -> Html:
    made = record["processes"][-1]  # each process that worked on the study has an entry
    facts = [
        ("device", made["device"]),
        ("machine", f"{made['processor']}, {made['cores']} cores"),
        ("cells", f"{len(record['stages']):,}"),
        ("time of all cells", duration(sum(stage["seconds"] for stage in record["stages"]))),
        ("revision", (made["git_revision"] or "an installed package")[:12]),
    ]
    options = [[key, str(value)] for key, value in record["configuration"].items()]
    versions = [["sememe", made["sememe"]], ["python", made["python"]], *map(list, made["packages"].items())]
    return markup(
        tag("p", prose.MAKING),
        tag(
            "div",
            tag("code", record["command"], id="command", tabindex=0),
            tag("button", "Copy", type="button", data_copy="command"),
            class_="command",
        ),
        tag(
            "dl",
            [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts],
            class_="facts",
        ),
        tag(
            "div",
            tag(
                "div",
                tag("h4", "Configuration"),
                tag("div", table(["field", "value"], options, "Configuration"), class_="scroll"),
            ),
            tag("div", tag("h4", "Versions"), table(["package", "version"], versions, "Versions")),
            class_="pair",
        ),
    )
