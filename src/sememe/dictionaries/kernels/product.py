"""An encoder's product by torch, a chunk of items at a time: where bytes are no help."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float

from sememe.dictionaries.kernels.vectors import padded_length

# Bytes of pre-activations that are held at a time.
_CHUNK_BYTES = 1 << 26


class ChunkedProduct:
    """Pre-activations of all components, in rows filled up to whole panels with -inf."""

    def __init__(self, n_components: int, dtype: np.dtype) -> None:
        self._chunk = np.empty((0, padded_length(n_components)), dtype)
        self._n_components = n_components

    def chunks(
        self,
        x: Float[np.ndarray, "items neurons"],
        W_enc: Float[np.ndarray, "components neurons"],
        b_enc: Float[np.ndarray, " components"],
    ) -> Iterator[tuple[slice, Float[np.ndarray, "some padded"]]]:
        """``x W_encᵀ + b_enc`` of one slice of items after another, in memory that is used again."""
        padded = self._chunk.shape[1]
        rows = max(1, min(len(x), _CHUNK_BYTES // (padded * x.itemsize)))
        if len(self._chunk) < rows:
            self._chunk = np.full((rows, padded), -np.inf, x.dtype)
        bias, encoder = torch.from_numpy(b_enc), torch.from_numpy(W_enc).T
        for start in range(0, len(x), rows):
            part = slice(start, min(start + rows, len(x)))
            pre = self._chunk[: part.stop - start]
            out = torch.from_numpy(pre)[:, : self._n_components]
            torch.addmm(bias, torch.from_numpy(x[part]), encoder, out=out)
            yield part, pre
