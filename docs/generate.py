"""Write the generated pages of the documentation: one for each measure, from its own record.

``python docs/generate.py [FOLDER]``; the folder is that of this file if not given.
"""

import sys
from pathlib import Path

from sememe import files, measures
from sememe.measures.page import index, page


def generate(docs: Path) -> None:
    """Write ``measures/README.md`` and a page a measure."""
    files.write_text(docs / "measures" / "README.md", index())
    for name, record in measures.registry().items():
        files.write_text(docs / "measures" / f"{name}.md", page(record))


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
