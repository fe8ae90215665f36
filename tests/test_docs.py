"""The documentation is what the code gives now, and its pictures are there and say what they show."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from references import eye
from sememe import files, measures
from sememe.images import concepts, mnist

DOCS = Path(__file__).parent.parent / "docs"
PICTURE = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")


def test_the_pages_of_the_measures_are_up_to_date(tmp_path):
    subprocess.run([sys.executable, DOCS / "generate.py", tmp_path], check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "measures").glob("*.md")}
    kept = {path.name: path.read_text() for path in (DOCS / "measures").glob("*.md")}
    assert kept == made, "run `make docs`"


@pytest.mark.parametrize("name", measures.registry())
def test_a_measure_has_a_picture_of_a_high_and_a_low_score(name):
    text = (DOCS / "measures" / f"{name}.md").read_text()
    ((alt, link),) = PICTURE.findall(text)
    with Image.open(DOCS / "measures" / link) as picture:
        assert picture.width == 1440
        assert len(np.unique(np.asarray(picture))) > 3, "something is drawn"
    assert len(alt.split()) > 5
    caption = text.split(f"]({link})\n\n*")[1].split("*\n")[0]
    above, _, below = caption.partition(" Below, ")
    assert above.startswith("Above, ")
    for half in (above, below):
        assert re.search(r"\d", half), "the score is said"


def test_every_picture_belongs_to_a_measure():
    words = files.read_json(DOCS / "measures" / "pictures" / "words.json")
    drawn = {path.stem for path in (DOCS / "measures" / "pictures").glob("*.png")}
    assert drawn == set(words) == set(measures.registry())


def test_the_page_of_concepts_shows_a_sheet_of_every_kind():
    text = (DOCS / "concepts.md").read_text()
    linked = {link for _, link in PICTURE.findall(text)}
    assert linked == {f"concepts/{path.name}" for path in (DOCS / "concepts").glob("*.png")}
    digits = mnist("test")[:20]
    bank, maps = concepts.concept_bank(digits), concepts.concept_maps(digits)
    assert f"{len(bank.names)} concepts of whole images, {len(maps)} of places" in text
    assert "seven edits" in text
    assert len(concepts.EDITS) == 8, "seven and `plain`"


def test_the_page_of_concepts_says_how_right_the_labels_are():
    samples = [eye.sample(name) for name in ("first", "second", "third")]
    text = (DOCS / "concepts.md").read_text()
    for kind in ("loops", "endpoints", "junctions"):
        labelled = [sample for sample in samples if kind in sample]
        by_eye, row = (np.concatenate([sample[key] for sample in labelled]) for key in (kind, "row"))
        off = np.abs(concepts.topology(mnist("test")[row])[kind] - by_eye)
        assert f"| {kind} | {off.size} | {(off == 0).mean():.0%} | {(off <= 1).mean():.0%} |" in text


def test_the_examples_of_the_page_of_concepts_run(tmp_path):
    text = (DOCS / "concepts.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    scope = {}
    for block in blocks:
        exec(block, scope)
    assert scope["bank"].values.shape == (500, 130)
    assert concepts.concepts_from_table(scope["table"]).names == ("stripes", "colour = blue", "colour = red")


def test_the_pictures_stay_small():
    sizes = [path.stat().st_size for path in DOCS.rglob("*.png") if path.parent != DOCS]
    assert max(sizes) < 250_000
    assert sum(sizes) < 2_100_000
