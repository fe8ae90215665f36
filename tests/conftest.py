"""Shape annotations are checked at run time while tests run, in every module but the compiled kernels."""

import os
import pkgutil
from pathlib import Path

from jaxtyping import install_import_hook

# Tests are small and run side by side: threads that wait for each other would take most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SOURCE = Path(__file__).parent.parent / "src" / "sememe"

# numba compiles the functions of these packages itself and cannot see through a checking wrapper.
COMPILED = "kernels"


def _modules_to_check() -> list[str]:
    names = [m.name for m in pkgutil.walk_packages([str(SOURCE)], prefix="sememe.") if not m.ispkg]
    return [name for name in names if COMPILED not in name.split(".")]


install_import_hook(_modules_to_check(), "beartype.beartype")
