"""Counterfactual response: under an edit the units that claim it should move, and others stay."""

import numpy as np
from jaxtyping import Bool, Float

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, is_sparse, squared
from sememe.measures.record import measure


@measure(
    title="Counterfactual response",
    family="cause",
    level="set",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{m_{\text{claim}} - m_{\text{rest}}}{m_{\text{claim}} + m_{\text{rest}}}",
    source="edits in the manner of Castro et al. 2019, Morpho-MNIST (arXiv 1809.10780)",
    needs=("codes", "concepts"),
)
def counterfactual_response(codes: Codes, edited: Codes, claims: Bool[np.ndarray, " units"]) -> float:
    """How much more the units that claim a concept move under an edit of it than all others do.

    A unit's movement is the root mean square change of its code over pairs of images, in units of its own
    root mean square code, so that loud units do not count for more. ``m`` is the mean over the claiming
    units, and over the rest.

    Args:
        codes: ``(items, units)``, dense or CSR, of the images as they are.
        edited: the same of the edited images, item by item.
        claims: ``(units,)``: whose best concept is the one that the edit changes.

    Returns:
        -1..1: 1 the claiming units move alone, 0 all move alike; higher is better. NaN if no unit claims the
        concept, all do, or none moves. Units that never fire, before or after, are left out.

    Raises:
        MeasureError: shapes that differ, or codes that are not finite.

    >>> codes, edited = np.array([[1.0, 1.0]]), np.array([[0.0, 1.0]])
    >>> counterfactual_response(codes, edited, np.array([True, False]))
    1.0
    """
    moved = movement(codes, edited)
    if claims.shape[0] != moved.shape[0]:
        raise MeasureError(f"There are {moved.shape[0]} units but claims of {claims.shape[0]}.")
    known = ~np.isnan(moved)
    claiming, rest = moved[known & claims], moved[known & ~claims]
    if claiming.size == 0 or rest.size == 0 or claiming.mean() + rest.mean() == 0:
        return float("nan")
    return float((claiming.mean() - rest.mean()) / (claiming.mean() + rest.mean()))


def movement(codes: Codes, edited: Codes) -> Float[np.ndarray, " units"]:
    """Root mean square change of each unit's code over its root mean square code; NaN if dead.

    >>> movement(np.array([[2.0, 0.0]]), np.array([[0.0, 0.0]])).round(4)
    array([1.4142,    nan])
    """
    if codes.shape != edited.shape:
        raise MeasureError(f"Codes have the shape {codes.shape} before the edit and {edited.shape} after it.")
    codes, edited = checked(codes), checked(edited)
    if is_sparse(codes) != is_sparse(edited):
        raise MeasureError("Give codes before and after the edit in one layout, both dense or both CSR.")
    power = [np.asarray(squared(part).sum(axis=0)).reshape(-1) for part in (codes - edited, codes, edited)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(power[0] / ((power[1] + power[2]) / 2))
