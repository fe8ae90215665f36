"""The file itself: policy, styles, blocks as text, one script."""

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path

import sememe
from sememe import files
from sememe.errors import RunError
from sememe.explorer.export.bundle import bundle
from sememe.explorer.export.contents import Contents, Request, gather
from sememe.explorer.live.run_data import RunData
from sememe.progress import Progress, silent

_ENTRY = "app/standalone/start.js"
_STYLES = (
    "tokens.css",
    "base.css",
    "app/app.css",
    "app/charts.css",
    *(f"app/pages/{page}.css" for page in ("draw", "units", "unit", "compare")),
    "app/standalone/origin.css",
)


@dataclass(frozen=True)
class Export:
    """A file that was written."""

    path: Path
    size: int
    contents: Contents


def write_page(
    run: RunData,
    path: Path,
    request: Request = Request(),  # noqa: B008 (frozen)
    *,
    force: bool = False,
    workers: int = 1,
    progress: Progress = silent,
) -> Export:
    """Write a run's page as one file; ``workers`` processes ask what it answers.

    Raises:
        RunError: the run has no scores yet, or lacks what was asked for; the file is there and ``force`` is
            off, or its folder is not there.
    """
    check_place(path, force=force)
    script, style = page_script(), page_style()
    contents = gather(run, request, room=len(script) + len(style), workers=workers, progress=progress)
    content = page_html(run.name, contents, script, style).encode()
    files.write_bytes(path, content)
    return Export(path, len(content), contents)


def check_place(path: Path, *, force: bool) -> None:
    """Refuse a place before the work rather than after it."""
    if path.is_dir():
        raise RunError(f"{path} is a folder: give the name of a file, such as {path / 'run.html'}.")
    if not path.parent.is_dir():
        raise RunError(f"There is no folder {path.parent} to write {path.name} into: make it first.")
    if path.exists() and not force:
        raise RunError(f"{path} is there already: choose another name, or write over it with --force.")


def page_html(name: str, contents: Contents, script: str, style: str) -> str:
    """The whole page. Its policy lets it run this script, use these styles, and ask nobody for anything."""
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Sememe {sememe.__version__}">
<title>{escape(name)} · Sememe</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<noscript><p class="pending">This page draws itself with JavaScript, which is switched off.</p></noscript>
{blocks_html(contents)}
<script>{script}</script>
</body>
</html>
"""


def blocks_html(contents: Contents) -> str:
    """Blocks as text that no browser runs; the page takes them out as it unpacks them."""
    return "\n".join(
        f'<script type="application/octet-stream" data-block="{escape(key)}">'
        f"{base64.b64encode(block).decode()}</script>"
        for key, block in contents.blocks.items()
    )


def page_script() -> str:
    """The page's modules as one script; the same for every run."""
    return bundle(sources(".js"), _ENTRY)


def page_style() -> str:
    """Its styles, one after the other."""
    texts = sources(".css")
    return "\n".join(texts[name] for name in _STYLES)


def sources(suffix: str) -> dict[str, str]:
    """The page's own files of one kind, by their path below ``explorer/assets``."""
    found: dict[str, str] = {}
    waiting = [("", resources.files("sememe.explorer") / "assets")]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{prefix}{entry.name}/", entry))
            elif entry.name.endswith(suffix):
                found[prefix + entry.name] = entry.read_text(encoding="utf-8")
    return found


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
