"""What each page shows, gathered from a run: a dataclass a page and a function that fills it.

Views choose, arrange and name; what they show was computed by the run, by :mod:`sememe.explanations`, or by
the network itself. None of them needs torch.
"""

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.views import (
    atlas,
    compare,
    concepts,
    drawn,
    effects,
    heat,
    image,
    relatives,
    runs,
    split,
    standing,
    thumbs,
    tour,
    unit,
    units,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *units.ENDPOINTS,
    *drawn.ENDPOINTS,
    *thumbs.ENDPOINTS,
    *unit.ENDPOINTS,
    *standing.ENDPOINTS,
    *heat.ENDPOINTS,
    *effects.ENDPOINTS,
    *relatives.ENDPOINTS,
    *concepts.ENDPOINTS,
    *compare.ENDPOINTS,
    *split.ENDPOINTS,
    *image.ENDPOINTS,
    *atlas.ENDPOINTS,
    *runs.ENDPOINTS,
    *tour.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
