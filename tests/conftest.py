"""Shape annotations are checked at run time while tests run, in every module but the compiled kernels."""

import os
from pathlib import Path

from jaxtyping import install_import_hook

# Tests are small and run side by side: threads that wait for each other would take most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SOURCE = Path(__file__).parent.parent / "src" / "sememe"

# numba compiles the functions of these packages itself and cannot see through a checking wrapper.
COMPILED = "kernels"


def _modules_to_check() -> list[str]:
    """Found by their files: to import a package is to load it before the hook is there."""
    files = [path.relative_to(SOURCE.parent).with_suffix("") for path in SOURCE.rglob("*.py")]
    return [".".join(path.parts) for path in files if path.name != "__init__" and COMPILED not in path.parts]


install_import_hook(_modules_to_check(), "shape_checks.check")
