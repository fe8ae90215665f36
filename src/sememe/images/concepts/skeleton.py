"""The skeleton of ink as a graph: pixels, edges between neighbours, and no spurs.

A stroke's skeleton (Zhang and Suen 1984) is one pixel wide. Diagonal neighbours count as joined only where
no pixel at the side joins them already, so that a pixel in the middle of a line has two neighbours, a tip
one, and a junction three or more.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

from sememe.images.concepts.ink import SCALE

# A branch that reaches so little (pixels of the image) beyond the disc of ink at its junction is a bump in
# the stroke's rim, not a stroke.
_LEAST_REACH = 1.25
# Two junctions nearer to each other than this times the sum of their radii are one crossing, pulled apart.
_MERGE = 1.0


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The skeleton pixels of many images and the edges between them; lengths in pixels of ``mask``.

    Attributes:
        row, column: of each skeleton pixel in the strip of all masks below one another.
        radius: distance of each to the nearest pixel without ink.
        source, target: the two ends of each edge, as numbers of skeleton pixels; each edge is listed once.
        length: of each edge, 1 or the square root of 2.
    """

    row: Int64[np.ndarray, " points"]
    column: Int64[np.ndarray, " points"]
    radius: Float64[np.ndarray, " points"]
    source: Int64[np.ndarray, " edges"]
    target: Int64[np.ndarray, " edges"]
    length: Float64[np.ndarray, " edges"]

    @property
    def degree(self) -> Int64[np.ndarray, " points"]:
        """The number of neighbours of each skeleton pixel."""
        both = np.concatenate([self.source, self.target])
        return np.bincount(both, minlength=len(self.row)).astype(np.int64)

    @property
    def branching(self) -> Bool[np.ndarray, " points"]:
        """Whether three or more neighbours meet at a skeleton pixel."""
        return self.degree >= 3


@dataclass(frozen=True, eq=False)
class Junctions:
    """Where strokes meet: the row and column of each (in the strip), and how many strokes leave it."""

    row: Float64[np.ndarray, " junctions"]
    column: Float64[np.ndarray, " junctions"]
    arms: Int64[np.ndarray, " junctions"]


def skeleton_of(mask: Bool[np.ndarray, "images rows columns"]) -> Skeleton:
    """The skeleton of ink, with spurs removed until none is left."""
    strip = mask.reshape(-1, mask.shape[2])
    thin = skeletonize(strip)
    rows, columns = np.nonzero(thin)
    radius = _distance_to_background(strip, rows, columns)
    while True:
        skeleton = _graph(thin, rows, columns, radius)
        spurs = _spurs(skeleton)
        if not spurs.any():
            return skeleton
        thin[rows[spurs], columns[spurs]] = False
        rows, columns, radius = rows[~spurs], columns[~spurs], radius[~spurs]


def junctions_of(skeleton: Skeleton) -> Junctions:
    """Junctions of a skeleton; those that one crossing was pulled apart into are one."""
    segments, segment, ends, at, edge_length = _segments(skeleton)
    branching = np.flatnonzero(skeleton.branching)
    clusters, cluster = _components(skeleton, skeleton.branching)
    if not clusters:
        nothing = np.zeros(0)
        return Junctions(nothing, nothing, np.zeros(0, np.int64))
    radius = np.zeros(clusters)
    np.maximum.at(radius, cluster[branching], skeleton.radius[branching])
    length = _segment_lengths(skeleton, segments, segment, ends, edge_length)

    # A segment that touches two different clusters and is shorter than their radii together joins them.
    first = np.full(segments, -1)
    last = np.full(segments, -1)
    first[segment[ends]] = cluster[at]
    last[segment[ends][::-1]] = cluster[at][::-1]
    bridge = (first >= 0) & (first != last)
    bridge[bridge] = length[bridge] < _MERGE * (radius[first[bridge]] + radius[last[bridge]])
    joined = coo_array(
        (np.ones(bridge.sum(), bool), (first[bridge], last[bridge])), shape=(clusters, clusters)
    )
    groups, group = connected_components(joined, directed=False)

    leaving = ~bridge[segment[ends]]
    arms = np.bincount(group[cluster[at[leaving]]], minlength=groups)
    members = group[cluster[branching]]
    counts = np.bincount(members, minlength=groups)
    row = np.bincount(members, skeleton.row[branching], groups) / counts
    column = np.bincount(members, skeleton.column[branching], groups) / counts
    real = arms >= 3
    return Junctions(row[real], column[real], arms[real].astype(np.int64))


def _distance_to_background(strip: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Only the background pixels beside ink can be nearest, and only skeleton pixels ask."""
    beside = np.zeros_like(strip)
    beside[1:] |= strip[:-1]
    beside[:-1] |= strip[1:]
    beside[:, 1:] |= strip[:, :-1]
    beside[:, :-1] |= strip[:, 1:]
    beside &= ~strip
    if not len(rows):
        return np.zeros(0)
    tree = cKDTree(np.argwhere(beside), balanced_tree=False, compact_nodes=False)
    return tree.query(np.stack([rows, columns], axis=1))[0]


def _graph(thin: np.ndarray, rows: np.ndarray, columns: np.ndarray, radius: np.ndarray) -> Skeleton:
    number = np.full(thin.shape, -1, np.int32)
    number[rows, columns] = np.arange(len(rows))
    east = number[rows, columns + 1]
    south = number[rows + 1, columns]
    west = number[rows, columns - 1]
    # A diagonal neighbour counts only where neither of the two pixels between is there.
    south_east = np.where((east < 0) & (south < 0), number[rows + 1, columns + 1], -1)
    south_west = np.where((west < 0) & (south < 0), number[rows + 1, columns - 1], -1)
    sources, targets, lengths = [], [], []
    for neighbour, length in ((east, 1.0), (south, 1.0), (south_east, 2**0.5), (south_west, 2**0.5)):
        there = np.flatnonzero(neighbour >= 0)
        sources.append(there)
        targets.append(neighbour[there].astype(np.int64))
        lengths.append(np.full(len(there), length))
    return Skeleton(
        rows, columns, radius, np.concatenate(sources), np.concatenate(targets), np.concatenate(lengths)
    )


def _components(skeleton: Skeleton, within: np.ndarray) -> tuple[int, np.ndarray]:
    """Number the connected parts of some skeleton pixels; -1 for the others."""
    inside = within[skeleton.source] & within[skeleton.target]
    edges = (skeleton.source[inside], skeleton.target[inside])
    size = len(skeleton.row)
    matrix = coo_array((np.ones(inside.sum(), bool), edges), shape=(size, size))
    _, part = connected_components(matrix, directed=False)
    part = np.where(within, part, -1)
    present, part[within] = np.unique(part[within], return_inverse=True)
    return len(present), part


def _segments(skeleton: Skeleton) -> tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lines between junctions: their number, each pixel's line, and the edges where a line meets a junction.

    Of these edges: the pixel of the line, the pixel of the junction, and the length.
    """
    branching = skeleton.branching
    segments, segment = _components(skeleton, ~branching)
    meets = branching[skeleton.source] != branching[skeleton.target]
    source, target = skeleton.source[meets], skeleton.target[meets]
    ends = np.where(branching[source], target, source)
    at = np.where(branching[source], source, target)
    return segments, segment, ends, at, skeleton.length[meets]


def _segment_lengths(
    skeleton: Skeleton, segments: int, segment: np.ndarray, ends: np.ndarray, edge_length: np.ndarray
) -> np.ndarray:
    both = (segment[skeleton.source] >= 0) & (segment[skeleton.target] >= 0)
    inner = np.bincount(segment[skeleton.source[both]], skeleton.length[both], segments)
    return inner + np.bincount(segment[ends], edge_length, segments)


def _spurs(skeleton: Skeleton) -> np.ndarray:
    """Skeleton pixels of branches that reach less than they must beyond the ink at their junction."""
    segments, segment, ends, at, edge_length = _segments(skeleton)
    length = _segment_lengths(skeleton, segments, segment, ends, edge_length)
    junction_radius = np.zeros(segments)
    np.maximum.at(junction_radius, segment[ends], skeleton.radius[at])
    meetings = np.bincount(segment[ends], minlength=segments)
    # A pixel that only a junction touches is a branch of one pixel and its own tip.
    tips = np.flatnonzero(skeleton.degree == 1)
    tip_radius = np.full(segments, -1.0)
    tip_radius[segment[tips]] = skeleton.radius[tips]
    reach = length + tip_radius - junction_radius
    spur = (meetings == 1) & (tip_radius >= 0) & (reach < _LEAST_REACH * SCALE)
    return np.where(segment >= 0, spur[segment], False)
