"""Our own modules as one script.

A browser imports no module from disk: a file's origin is opaque, so ``import`` of a neighbour is refused, and
a data address has no folder that ``./ui.js`` could be relative to. So modules become functions of one script,
each run once, dependencies first: ``import`` becomes a destructuring of what another returned, ``export`` a
member of what this one returns, and what is imported when it is needed is there from the start. The page's
modules are written by hand and use few forms of these; any other is an error here rather than a page that
does not start.
"""

import posixpath
import re
from collections.abc import Mapping

_IMPORT = re.compile(
    r'^import\s+(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<whole>\w+))\s+from\s+"(?P<path>[^"]+)";\n', re.M
)
_WHEN_NEEDED = re.compile(r'\bimport\("(?P<path>[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.M)
_LEFT = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*\(.*|\bimport\.meta.*", re.M)


class BundleError(Exception):
    """A module uses a form of import or export that is not known here; a fault of ours, not of the user."""


def bundle(files: Mapping[str, str], entry: str) -> str:
    """One script that does what the module ``entry`` does; the same files give the same script.

    Args:
        files: sources by path.
        entry: path of the module that is run last.

    Raises:
        BundleError: a module is missing, imports in a circle, or is written as this cannot read.
    """
    order: list[str] = []
    _visit(files, entry, order, ())
    names = {path: f"module{i}" for i, path in enumerate(order)}
    parts = [_module(path, files[path], names) for path in order]
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "\n})();\n"


def _visit(files: Mapping[str, str], path: str, order: list[str], above: tuple[str, ...]) -> None:
    if path in above:
        raise BundleError(f"modules import in a circle: {' -> '.join((*above, path))}")
    if path not in files:
        raise BundleError(f"there is no module {path}, which {above[-1] if above else 'nobody'} imports")
    if path in order:
        return
    for found in (*_IMPORT.finditer(files[path]), *_WHEN_NEEDED.finditer(files[path])):
        _visit(files, _beside(path, found["path"]), order, (*above, path))
    order.append(path)


def _beside(path: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))


def _module(path: str, source: str, names: Mapping[str, str]) -> str:
    def imported(found: re.Match[str]) -> str:
        module = names[_beside(path, found["path"])]
        if found["whole"]:
            return f"const {found['whole']} = {module};\n"
        return f"const {{{found['names'].replace(' as ', ': ')}}} = {module};\n"

    def promised(found: re.Match[str]) -> str:
        return f"Promise.resolve({names[_beside(path, found['path'])]})"

    given = _EXPORT.findall(source)
    body = _EXPORT.sub("", _WHEN_NEEDED.sub(promised, _IMPORT.sub(imported, source)))
    left = _LEFT.search(_without_comments(body))
    if left:
        raise BundleError(f"{path} has a form that is not bundled: {left.group().strip()[:80]}")
    if "</script" in body or "<!--" in body:
        raise BundleError(f"{path} holds what would end the script that it is put into")
    return f"// {path}\nconst {names[path]} = (() => {{\n{body}return {{ {', '.join(given)} }};\n}})();\n"


def _without_comments(source: str) -> str:
    return re.sub(r"^\s*(?://|/\*|\*).*$", "", source, flags=re.M)
