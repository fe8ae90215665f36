"""The house: a room imports only from rooms to its left, and `import sememe` costs next to nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sememe

SOURCE = Path(sememe.__file__).parent
ROOMS = ["images", "networks", "activations", "dictionaries", "measures", "explanations", "explorer"]
COMMON = {"errors", "files", "progress"}


def imported_rooms(path: Path) -> set[str]:
    """The second word of every `sememe.x` that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {n.name.split(".")[1] for n in node.names if n.name.startswith("sememe.")}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "sememe":
                found |= {parts[1]} if len(parts) > 1 else {n.name for n in node.names}
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_to_its_left(room):
    allowed = COMMON | set(ROOMS[: ROOMS.index(room) + 1])
    for path in sorted((SOURCE / room).rglob("*.py")):
        assert imported_rooms(path) <= allowed, f"{path.relative_to(SOURCE)} imports from its right"


def test_the_small_modules_import_no_room():
    for name in COMMON:
        assert imported_rooms(SOURCE / f"{name}.py") <= COMMON


def test_import_sememe_loads_neither_torch_nor_numpy():
    code = (
        "import sys, sememe; print([m for m in ('torch', 'numpy', 'sklearn', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["py", "js", "css"])
def test_no_file_is_longer_than_a_sitting(kind):
    longest = max(SOURCE.rglob(f"*.{kind}"), key=lambda path: len(path.read_text().splitlines()))
    assert len(longest.read_text().splitlines()) <= 350, longest
