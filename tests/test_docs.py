"""The generated pages of the documentation are those that the records give now."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_pages_of_the_measures_are_up_to_date(tmp_path):
    subprocess.run([sys.executable, DOCS / "generate.py", tmp_path], check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "measures").iterdir()}
    kept = {path.name: path.read_text() for path in (DOCS / "measures").iterdir()}
    assert kept == made, "run `make docs`"
