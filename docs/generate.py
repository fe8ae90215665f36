"""Write the generated pages of the documentation: one for each measure.

``python docs/generate.py [FOLDER] [--pictures]``; the folder is that of this file if not given. A page is
made from the measure's own record and from what is kept beside it: its picture and the words below it.
``--pictures`` draws them anew first, and the sheets of concepts, which trains the networks that they show
(about a minute).
"""

import argparse
from pathlib import Path

from sememe import files, measures
from sememe.measures.page import index, page

HERE = Path(__file__).parent


def generate(docs: Path) -> None:
    """Write ``measures/README.md`` and a page a measure."""
    words = files.read_json(HERE / "measures" / "pictures" / "words.json")
    files.write_text(docs / "measures" / "README.md", index())
    for name, record in measures.registry().items():
        picture = f"![{words[name]['alt']}](pictures/{name}.png)\n\n*{words[name]['caption']}*"
        files.write_text(docs / "measures" / f"{name}.md", page(record, picture))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=HERE)
    parser.add_argument("--pictures", action="store_true", help="draw the pictures anew first")
    options = parser.parse_args()
    if options.pictures:
        from gallery.draw import draw_concepts, draw_measures

        draw_measures(HERE / "measures" / "pictures")
        draw_concepts(HERE / "concepts")
    generate(options.folder)
