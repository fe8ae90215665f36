"""Strokes: where they run, how they turn, where they end, meet and enclose. All in pixels of the image."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from sememe.images.concepts.ink import SCALE, Ink, ink_of, to_image
from sememe.images.concepts.skeleton import Skeleton, junctions_of, skeleton_of

# Arms along the skeleton by which direction and turning are read: 2 to 3 pixels of the image, and twice that.
_NEAR, _FAR = 8, 16


@dataclass(frozen=True, eq=False)
class Strokes:
    """The strokes of many images; rows count downwards, angles counter-clockwise from the right.

    Attributes:
        n_images: how many images.
        ink: what the strokes were found in.
        image: of each point on a stroke.
        centre: row and column of each point.
        radius: distance of each point to the stroke's rim.
        length: how much stroke a point stands for.
        orientation: in 0..pi: 0 is horizontal, pi / 2 vertical; NaN at junctions and lone points.
        turn_near, turn_far: by how much the stroke turns about a point, 0..pi, over arms of two lengths;
            NaN where an arm is cut short.
        bend: the direction, in -pi..pi, towards which the stroke curves (the centre of its circle).
        tip_image, tip_centre: of each end of a stroke.
        junction_image, junction_centre, junction_arms: of each place where three or more strokes meet.
    """

    n_images: int
    ink: Ink
    image: Int64[np.ndarray, " points"]
    centre: Float64[np.ndarray, "points 2"]
    radius: Float64[np.ndarray, " points"]
    length: Float64[np.ndarray, " points"]
    orientation: Float64[np.ndarray, " points"]
    turn_near: Float64[np.ndarray, " points"]
    turn_far: Float64[np.ndarray, " points"]
    bend: Float64[np.ndarray, " points"]
    tip_image: Int64[np.ndarray, " tips"]
    tip_centre: Float64[np.ndarray, "tips 2"]
    junction_image: Int64[np.ndarray, " junctions"]
    junction_centre: Float64[np.ndarray, "junctions 2"]
    junction_arms: Int64[np.ndarray, " junctions"]


def strokes_of(pixels: UInt8[np.ndarray, "images height width"]) -> Strokes:
    """Find the strokes of grey images, bright ink on black."""
    ink = ink_of(pixels)
    height = ink.mask.shape[1]
    skeleton = skeleton_of(ink.mask)
    junctions = junctions_of(skeleton)
    size = len(skeleton.row)
    length = (
        np.bincount(skeleton.source, skeleton.length, size)
        + np.bincount(skeleton.target, skeleton.length, size)
    ) / 2
    walks = _Walks(skeleton)
    orientation, turn_near, _ = walks.directions(_NEAR)
    _, turn_far, bend = walks.directions(_FAR)
    tips = np.flatnonzero(skeleton.degree == 1)
    centre = to_image(np.stack([skeleton.row % height, skeleton.column], axis=1).astype(np.float64))
    return Strokes(
        n_images=len(pixels),
        ink=ink,
        image=skeleton.row // height,
        centre=centre,
        radius=skeleton.radius / SCALE,
        length=length / SCALE,
        orientation=orientation,
        turn_near=turn_near,
        turn_far=turn_far,
        bend=bend,
        tip_image=skeleton.row[tips] // height,
        tip_centre=centre[tips],
        junction_image=(junctions.row // height).astype(np.int64),
        junction_centre=to_image(np.stack([junctions.row % height, junctions.column], axis=1)),
        junction_arms=junctions.arms,
    )


class _Walks:
    """Walks along the skeleton from every point to both sides, all taken at once.

    A walk stands on a directed edge and goes on to the edge that leads away from where it came; it stays
    where a stroke ends or meets another. Many steps are few gathers: two steps are one step taken twice.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        source = np.concatenate([skeleton.source, skeleton.target])
        target = np.concatenate([skeleton.target, skeleton.source])
        branching = skeleton.branching
        inside = ~branching[source]
        order = np.argsort(source[inside], kind="stable")
        self.source = source[inside][order]
        self.target = target[inside][order]
        size = len(skeleton.row)
        self.count = np.bincount(self.source, minlength=size)
        self.first = np.concatenate([[0], np.cumsum(self.count)[:-1]]).astype(np.int64)
        edges = np.arange(len(self.source))
        going_on = ~branching[self.target] & (self.count[self.target] == 2)
        following = np.where(going_on, self.first[self.target], edges)
        back = going_on & (self.target[following] == self.source)
        self.step = np.where(back, following + 1, following)

    def directions(self, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Orientation, turn and bend at every point, from where two walks of 2, 4, 8 ... steps end."""
        skeleton = self.skeleton
        landing = self.step
        for _ in range(steps.bit_length() - 1):
            landing = landing[landing]
        here = np.stack([skeleton.column, -skeleton.row], axis=1).astype(np.float64)
        ends = here[self.target[landing]] if len(landing) else np.zeros((0, 2))
        ahead, behind = here.copy(), here.copy()
        has_one, has_two = self.count >= 1, self.count >= 2
        ahead[has_one] = ends[self.first[has_one]]
        behind[has_two] = ends[self.first[has_two] + 1]
        forth, back = ahead - here, here - behind
        chord = ahead - behind
        orientation = np.arctan2(chord[:, 1], chord[:, 0]) % np.pi
        orientation[~has_one] = np.nan
        cross = back[:, 0] * forth[:, 1] - back[:, 1] * forth[:, 0]
        turn = np.abs(np.arctan2(cross, (back * forth).sum(axis=1)))
        short = np.minimum(np.hypot(*forth.T), np.hypot(*back.T)) < steps / 2
        turn[short] = np.nan
        sagitta = (ahead + behind) / 2 - here
        bend = np.arctan2(sagitta[:, 1], sagitta[:, 0])
        bend[short] = np.nan
        return orientation, turn, bend
