"""The trees of a splitting study: a component, its pieces, their pieces, each with what fires it most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from sememe import dictionaries
from sememe.explanations import Exemplars, class_profile, exemplars
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.pictures import Sprite, is_ink, sprite
from sememe.explorer.wording import number, percent
from sememe.images import ImageSet
from sememe.studies import subjects
from sememe.studies.folder import StudyFolder
from sememe.studies.page import Section
from sememe.studies.splits import Links, links
from sememe.studies.splitting_design import SplittingDesign

_MOST_SPLIT, _AT_RANDOM = 4, 4  # trees shown
_MOST_CHILDREN = 4  # of a node; the closest
_TILES = 6
_STYLE = """
.split-tree ul {
  margin-left: var(--space-4); padding-left: var(--space-4); border-left: 1px solid var(--line);
}
.split-tree li { margin-top: var(--space-3); }
.split-tree > li { margin-top: var(--space-5); }
.split-node { display: flex; flex-wrap: wrap; gap: var(--space-2) var(--space-4); align-items: center; }
.split-node .tiles { display: grid; grid-template-columns: repeat(6, 2rem); gap: 2px; }
.split-node .tile { width: 2rem; }
@media (max-width: 40rem) { .split-tree ul { margin-left: 0; padding-left: var(--space-3); } }
"""


@dataclass(frozen=True, eq=False)
class _Level:
    """One size of the dictionary."""

    multiple: int
    codes: sparse.csr_array
    links: Links | None
    """To the level before; None on the first."""
    profiles: Float[np.ndarray, "units classes"]

    def children(self, parent: int) -> Int[np.ndarray, " children"]:
        """The pieces of a unit of the level before, the closest first."""
        assert self.links is not None
        mine = np.flatnonzero(self.links.linked & (self.links.parent == parent))
        return mine[np.argsort(-self.links.masked_cosine[mine], kind="stable")]


def tree_section(study: SplittingDesign, folder: StudyFolder, layer: str) -> Section:
    """Trees of the first network's first dictionaries: those that split most, and some at random."""
    seed, dictionary_seed = study.network_seeds()[0], study.dictionary_seeds()[0]
    report = subjects.report_images(study.report_images)
    items = study.report_items(folder, layer, seed)
    image = subjects.image_of(items)
    levels = _levels(study, folder, layer, seed, dictionary_seed, np.asarray(items.values), report, image)
    roots = _roots(levels, study.seed)
    shown = [_nodes(levels, root) for root in roots]
    wanted = {(depth, unit) for tree in shown for depth, unit, _ in tree}
    found = _exemplars(levels, wanted, image)
    rows = np.unique(np.concatenate([unit.top.image for unit in found.values()]))
    pictures = sprite(report.pixels, rows)
    drawn = [_tree(levels, root, found, pictures, report) for root in roots]
    name = f"{layer}-trees"
    css = _STYLE + pictures.css(f".{name} .tile:not(.none)")
    lead = (
        f"Network {seed}, dictionary {dictionary_seed}. Each line is a component with the images that fire "
        f"it most; indented below it are its pieces in the next larger dictionary. Shown are the "
        f"{_MOST_SPLIT} components of the smallest dictionary with the most pieces at all sizes together, "
        f"and {_AT_RANDOM} drawn at random among the others that fire; of each component the "
        f"{_MOST_CHILDREN} closest pieces."
    )
    ink = " ink" if is_ink(report.pixels) else ""
    body = markup(
        tag("p", lead, class_="prose"),
        tag("ul", drawn, class_=f"split-tree features {name}{ink}"),
    )
    return Section(name, f"Trees of {layer}", body, css)


def _levels(
    study: SplittingDesign,
    folder: StudyFolder,
    layer: str,
    seed: int,
    dictionary_seed: int,
    values: Float[np.ndarray, "items neurons"],
    report: ImageSet,
    image: Int[np.ndarray, " items"],
) -> list[_Level]:
    assert report.labels is not None
    found: list[_Level] = []
    for multiple in study.multiples:
        place = study.dictionary(folder, layer, seed, dictionary_seed, study.sweeps(1)[0].title, multiple)
        codes = dictionaries.load(place).set_params(sparse_output=True).transform(values)
        linked = links(found[-1].codes, codes) if found else None
        profiles = class_profile(codes, report.labels[image], len(report.label_names))
        found.append(_Level(multiple, codes, linked, profiles))
    return found


def _roots(levels: Sequence[_Level], seed: int) -> list[int]:
    """Units of the first level: those with the most descendants, then some at random."""
    pieces = np.ones(levels[-1].codes.shape[1])
    for level, coarser in zip(levels[:0:-1], levels[-2::-1], strict=True):
        assert level.links is not None
        linked = level.links.linked
        counts = np.bincount(
            level.links.parent[linked], weights=pieces[linked], minlength=coarser.codes.shape[1]
        )
        pieces = 1 + counts
    most = np.argsort(-pieces, kind="stable")[:_MOST_SPLIT]
    alive = np.flatnonzero(np.asarray((levels[0].codes != 0).sum(axis=0)).reshape(-1))
    others = np.setdiff1d(alive, most)
    drawn = np.random.default_rng(seed).permutation(others)[:_AT_RANDOM]
    return [*most.tolist(), *np.sort(drawn).tolist()]


def _nodes(levels: Sequence[_Level], unit: int, depth: int = 0) -> list[tuple[int, int, int]]:
    """Depth, unit and number of pieces of every node that is shown of one tree."""
    if depth + 1 == len(levels):
        return [(depth, unit, 0)]
    children = levels[depth + 1].children(unit)
    below = [node for child in children[:_MOST_CHILDREN] for node in _nodes(levels, int(child), depth + 1)]
    return [(depth, unit, len(children)), *below]


def _exemplars(
    levels: Sequence[_Level], wanted: set[tuple[int, int]], image: Int[np.ndarray, " items"]
) -> dict[tuple[int, int], Exemplars]:
    found = {}
    for depth, level in enumerate(levels):
        units = sorted(unit for at, unit in wanted if at == depth)
        for shown in exemplars(level.codes, units=units, image=image, n_top=_TILES):
            found[depth, shown.unit] = shown
    return found


def _tree(
    levels: Sequence[_Level],
    unit: int,
    found: dict[tuple[int, int], Exemplars],
    pictures: Sprite,
    report: ImageSet,
    depth: int = 0,
    parent: float | None = None,
) -> Html:
    """A component and, below it, its pieces; deeper levels open on demand."""
    level, shown = levels[depth], found[depth, unit]
    cells = [pictures.cell[int(row)] for row in shown.top.image]
    tiles = [tag("i", class_="tile", style=f"--c:{column};--r:{row}") for column, row in cells]
    said = [
        f"{level.multiple}×, component {unit}",
        f"fires on {percent(shown.density)}",
        _classes(level, unit, report),
    ]
    if parent is not None:
        said.append(f"cosine {number(parent)}")
    labels = (
        [] if report.labels is None else [report.label_names[report.labels[row]] for row in shown.top.image]
    )
    spoken = f"Component {unit} at {level.multiple}×. Classes of its strongest images: {' '.join(labels)}"
    node = tag(
        "div",
        tag("div", tiles, class_="tiles", role="img", aria_label=spoken),
        tag("span", ", ".join(filter(None, said)), class_="small muted"),
        class_="split-node",
    )
    if depth + 1 == len(levels):
        return tag("li", node)
    finer = levels[depth + 1]
    assert finer.links is not None
    children = finer.children(unit)
    below = [
        _tree(levels, int(child), found, pictures, report, depth + 1, float(finer.links.masked_cosine[child]))
        for child in children[:_MOST_CHILDREN]
    ]
    if not below:
        return tag("li", node)
    more = len(children) - len(below)
    rest = tag("li", f"and {more} more", class_="small muted") if more > 0 else None
    pieces = f"{len(children)} {'piece' if len(children) == 1 else 'pieces'} at {finer.multiple}×"
    return tag("li", node, tag("details", tag("summary", pieces), tag("ul", below, rest), open=depth < 2))


def _classes(level: _Level, unit: int, report: ImageSet) -> str:
    """The classes that most of its activation falls on."""
    profile = level.profiles[unit]
    if np.isnan(profile).all():
        return ""
    order = np.argsort(-profile, kind="stable")[:2]
    return "on " + " and ".join(f"{report.label_names[c]} {percent(float(profile[c]))}" for c in order)
