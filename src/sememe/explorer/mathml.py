"""Formulas in a page: the small part of TeX that measures' records use, as MathML.

Browsers draw MathML by themselves, so that a report needs neither a font nor a library for its formulas. What
this translator does not know stays TeX, shown as code.
"""

import re
from collections.abc import Iterator
from html import escape

from sememe.explorer.markup import Html, tag

_TOKEN = re.compile(r"\\[A-Za-z]+|\\[\\|{},;:!> ]|[{}^_]|\d+(?:\.\d+)?|\S")
_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
_GREEK = {rf"\{name}": letter for name, letter in _LETTERS.items()}
_GREEK |= {rf"\{name.capitalize()}": letter.upper() for name, letter in _LETTERS.items()}
_SYMBOLS = _GREEK | {
    r"\ell": "ℓ", r"\sum": "∑", r"\prod": "∏", r"\in": "∈", r"\cap": "∩", r"\cup": "∪", r"\subset": "⊂",
    r"\le": "≤", r"\leq": "≤", r"\ge": "≥", r"\geq": "≥", r"\ne": "≠", r"\neq": "≠", r"\approx": "≈",
    r"\sim": "∼", "-": "−", r"\pm": "±", r"\cdot": "·", r"\times": "×", r"\odot": "⊙", r"\neg": "¬",
    r"\mid": "∣", r"\|": "‖", r"\lVert": "‖", r"\rVert": "‖", r"\lvert": "|", r"\rvert": "|", r"\{": "{",
    r"\}": "}", r"\langle": "⟨", r"\rangle": "⟩", r"\dots": "…", r"\ldots": "…", r"\cdots": "⋯", r"\to": "→",
    r"\infty": "∞", r"\top": "⊤", r"\forall": "∀", r"\exists": "∃", r"\partial": "∂", r"\setminus": "∖",
}  # fmt: skip
_NAMES = {r"\log", r"\max", r"\min", r"\cos", r"\exp", r"\arg", r"\ln", r"\operatorname", r"\sin"}
_SPACES = {
    r"\,": "0.17em",
    r"\;": "0.28em",
    r"\:": "0.22em",
    r"\ ": "0.33em",
    r"\quad": "1em",
    r"\qquad": "2em",
}
_ACCENTS = {r"\hat": "^", r"\bar": "¯", r"\tilde": "~", r"\vec": "→", r"\overline": "¯", r"\widehat": "^"}
_TEXTS = {r"\text", r"\mathrm", r"\operatorname", r"\mathbf", r"\textrm"}
_IGNORED = {
    r"\left",
    r"\right",
    r"\Big",
    r"\big",
    r"\bigl",
    r"\bigr",
    r"\Bigl",
    r"\Bigr",
    r"\!",
    r"\displaystyle",
}
_LIMITS = {"∑", "∏", "max", "min"}


class _UnknownError(Exception):
    """TeX beyond this translator."""


def mathml(tex: str) -> Html:
    """A formula as MathML, or as code where it uses what is not translated.

    >>> mathml("x^2")
    '<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> mathml("x_")
    '<code>x_</code>'
    """
    try:
        reader = _Reader(tex)
        body = reader.row(until=None)
    except _UnknownError:
        return tag("code", tex)
    return Html(f'<math display="block">{body}</math>')


class _Reader:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, tex: str) -> None:
        # \text{...} keeps its spaces, so it is taken out before spaces are dropped.
        self.texts: list[str] = []

        def keep(match: re.Match[str]) -> str:
            self.texts.append(match[2])
            return rf"\kept{{{len(self.texts) - 1}}}"

        names = "|".join(name[1:] for name in sorted(_TEXTS))
        self.tokens = _TOKEN.findall(re.sub(rf"\\({names})\s*{{([^{{}}]*)}}", keep, tex))
        self.at = 0

    def row(self, until: str | None) -> str:
        """Everything up to a closing token (which is taken too), with its scripts."""
        parts = list(self._scripted(until))
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def _scripted(self, until: str | None) -> Iterator[str]:
        while True:
            token = self._peek()
            if token is None:
                if until is not None:
                    raise _UnknownError
                return
            if token == until:
                self.at += 1
                return
            base = self._atom()
            named = token in _NAMES
            scripts: dict[str, str] = {}
            while self._peek() in ("^", "_", "'"):
                mark = self._next()
                scripts["^" if mark == "'" else mark] = "<mo>′</mo>" if mark == "'" else self._atom()
            yield _with_scripts(base, scripts.get("_"), scripts.get("^"))
            if named and self._peek() not in (None, "(", "}", *_NAMES):
                yield _leaf(r"\,")  # log x, as TeX spaces it

    def _atom(self) -> str:
        token = self._next()
        if token == "{":
            return self.row(until="}")
        if token in (r"\frac", r"\dfrac", r"\tfrac"):
            return f"<mfrac>{self._atom()}{self._atom()}</mfrac>"
        if token == r"\sqrt":
            return f"<msqrt>{self._atom()}</msqrt>"
        if token in _ACCENTS:
            return f'<mover accent="true">{self._atom()}<mo>{_ACCENTS[token]}</mo></mover>'
        if token == r"\kept":
            index = int(self.tokens[self.at + 1])
            self.at += 3
            return f"<mtext>{escape(self.texts[index])}</mtext>"
        if token in _IGNORED:
            return self._atom() if self._peek() is not None else ""
        return _leaf(token)

    def _peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None or token == "}":
            raise _UnknownError
        self.at += 1
        return token


def _leaf(token: str) -> str:
    if token in _SPACES:
        return f'<mspace width="{_SPACES[token]}"></mspace>'
    if token in _NAMES:
        return f"<mi>{token[1:]}</mi>"
    if token in _SYMBOLS:
        symbol = _SYMBOLS[token]
        return f"<mi>{symbol}</mi>" if symbol.isalpha() else f"<mo>{escape(symbol)}</mo>"
    if token.startswith("\\") or token in "{}^_'":
        raise _UnknownError
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    return f"<mi>{escape(token)}</mi>" if token.isalpha() else f"<mo>{escape(token)}</mo>"


def _with_scripts(base: str, below: str | None, above: str | None) -> str:
    tall = re.sub(r"<[^>]+>", "", base) in _LIMITS
    if below is not None and above is not None:
        name = "munderover" if tall else "msubsup"
        return f"<{name}>{base}{below}{above}</{name}>"
    if below is not None:
        name = "munder" if tall else "msub"
        return f"<{name}>{base}{below}</{name}>"
    if above is not None:
        name = "mover" if tall else "msup"
        return f"<{name}>{base}{above}</{name}>"
    return base
