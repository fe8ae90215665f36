"""Encoding and decoding of many items, sparse: what ``transform`` and ``inverse_transform`` take.

Items are taken in batches, so that memory beyond the result is that of one batch.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import numpy as np
from jaxtyping import Float
from scipy import sparse

from sememe.dictionaries.kernels.above import AboveSelector
from sememe.dictionaries.kernels.compiled import PASSING, kernel, next_task, over_tasks, threads_for
from sememe.dictionaries.kernels.firings import Firings
from sememe.dictionaries.kernels.residuals import PARTS, centre, combine
from sememe.dictionaries.kernels.top_k import TopKSelector
from sememe.errors import DictionaryError

_BATCH = 8192


def encode_top_k(
    x: Float[np.ndarray, "items neurons"],
    W_enc: Float[np.ndarray, "components neurons"],
    b_enc: Float[np.ndarray, " components"],
    b_dec: Float[np.ndarray, " neurons"],
    k: int,
) -> sparse.csr_array:
    """The positive ones among each item's k largest ``(x - b_dec) W_encᵀ + b_enc``, ``(items, components)``.

    All arrays contiguous, and all float32 or all float64.

    Raises:
        DictionaryError: items or parameters hold NaN or infinities.
    """
    n_components, d_in = W_enc.shape
    selector = TopKSelector(n_components, d_in, k, W_enc.dtype)
    return _encode(x, W_enc, b_enc, b_dec, selector)


def encode_above(
    x: Float[np.ndarray, "items neurons"],
    W_enc: Float[np.ndarray, "components neurons"],
    b_enc: Float[np.ndarray, " components"],
    b_dec: Float[np.ndarray, " neurons"],
    threshold: Float[np.ndarray, " components"],
) -> sparse.csr_array:
    """What of ``(x - b_dec) W_encᵀ + b_enc`` is above its component's threshold, ``(items, components)``.

    A JumpReLU, and a ReLU where thresholds are 0; thresholds are at least 0. All arrays contiguous, and all
    float32 or all float64. A value within rounding of its threshold may fall on either side of it.

    Raises:
        DictionaryError: items or parameters hold NaN or infinities.
    """
    n_components, d_in = W_enc.shape
    selector = AboveSelector(n_components, d_in, W_enc.dtype)
    codes = _encode(x, W_enc, b_enc - threshold, b_dec, selector)
    codes.data += threshold[codes.indices]
    return codes


def decode(
    codes: sparse.csr_array,
    W_dec: Float[np.ndarray, "components neurons"],
    b_dec: Float[np.ndarray, " neurons"],
) -> Float[np.ndarray, "items neurons"]:
    """``codes @ W_dec + b_dec``.

    Raises:
        DictionaryError: codes of a component that is not there.
    """
    if codes.indices.size and not 0 <= codes.indices.min() <= codes.indices.max() < len(W_dec):
        raise DictionaryError(
            f"Codes of component {codes.indices.max()} cannot be decoded with {len(W_dec)} atoms: "
            "pass codes of the same dictionary."
        )
    out = np.empty((codes.shape[0], W_dec.shape[1]), W_dec.dtype)
    firings = Firings(
        codes.indptr.astype(np.int64, copy=False),
        codes.indices.astype(np.int32, copy=False),
        codes.data.astype(W_dec.dtype, copy=False),
    )
    with threads_for(codes.nnz * W_dec.shape[1]):
        _decode(firings, W_dec, b_dec, out)
    return out


def _encode(
    x: np.ndarray,
    W_enc: np.ndarray,
    b_enc: np.ndarray,
    b_dec: np.ndarray,
    selector: TopKSelector | AboveSelector,
) -> sparse.csr_array:
    parts: list[Firings] = []
    centred = np.empty((0, x.shape[1]), x.dtype)
    with threads_for(x.size * len(W_enc)):
        selector.prepare(W_enc, b_enc)
        if not (selector.finite and np.isfinite(b_dec).all()):
            raise DictionaryError(
                "The encoder holds NaN or infinities, and can encode nothing: its training diverged or its "
                "file is damaged; train it again with a lower learning_rate, or load another."
            )
        for start in range(0, len(x), _BATCH):
            batch = np.ascontiguousarray(x[start : start + _BATCH])
            if len(centred) != len(batch):
                centred = np.empty_like(batch)
            if not np.isfinite(batch).all():
                raise DictionaryError(
                    f"Items {start} to {start + len(batch)} hold NaN or infinities, which have no code: "
                    "remove them, or replace them by numbers."
                )
            centre(batch, b_dec, centred, work=PASSING * batch.size)
            parts.append(Firings(*(array.copy() for array in selector.select(centred))))
    offsets = np.zeros(len(x) + 1, np.int64)
    item, firing = 0, 0
    for part in parts:
        n = part.offsets.size - 1
        offsets[item + 1 : item + n + 1] = firing + part.offsets[1:]
        item, firing = item + n, firing + int(part.offsets[-1])
    values = np.concatenate([part.values for part in parts]) if parts else np.empty(0, W_enc.dtype)
    components = np.concatenate([part.components for part in parts]) if parts else np.empty(0, np.int32)
    # scipy wants offsets and components of one integer type, and copies them where they are not.
    if firing <= np.iinfo(np.int32).max:
        offsets = offsets.astype(np.int32)
    return sparse.csr_array((values, components, offsets), shape=(len(x), len(W_enc)))


@kernel
def _decode_item(i, firings, atoms, offset, row):
    one = row.dtype.type(1)
    combine(one, offset, firings, firings.offsets[i], firings.offsets[i + 1], atoms, row)


@over_tasks
def _decode(counter, thread, firings, atoms, offset, out):
    items = out.shape[0]
    task = next_task(counter, thread, PARTS)
    while task < PARTS:
        for i in range(items * task // PARTS, items * (task + 1) // PARTS):
            _decode_item(i, firings, atoms, offset, out[i])
        task = next_task(counter, thread, PARTS)
