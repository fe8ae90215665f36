"""Transcoders between two formats: what SAELens and sparsify have of them, in the names of SAELens.

``W_enc (d_in, d_sae)``, ``b_enc``, ``W_dec (d_sae, d_out)``, ``b_dec (d_out)``, and ``W_skip (d_out, d_in)``
where there is a linear map past the codes. No library centres a transcoder's input.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.skip_transcoder import SkipTranscoder
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError, FormatError


def shapes(d_in: int, d_sae: int, d_out: int, *, skip: bool) -> dict[str, tuple[int, ...]]:
    """The tensors of a transcoder."""
    matrices = {"W_enc": (d_in, d_sae), "b_enc": (d_sae,), "W_dec": (d_sae, d_out), "b_dec": (d_out,)}
    return matrices | ({"W_skip": (d_out, d_in)} if skip else {})


def fitted(path: Path, tensors: Mapping[str, Tensor], k: int | None) -> Transcoder:
    """The fitted transcoder, with codes and predictions as the file's own library gives them.

    Args:
        path: of the file that gave ``k``, for messages.
        tensors: as ``shapes`` lists them.
        k: components kept for an item; None: all that are positive.

    Raises:
        FormatError: k is larger than the number of components.
    """
    d_in, d_sae = tensors["W_enc"].shape
    if k is not None and k > d_sae:
        raise FormatError(f"{path}: k is {k}, but there are only {d_sae} components.")
    kind = SkipTranscoder if "W_skip" in tensors else Transcoder
    sparsity = {"sparsity": "l1"} if k is None else {"sparsity": "topk", "k": k}
    transcoder = kind(n_components=d_sae, **sparsity)
    # How the items were scaled in training is not known.
    unknown = {"mean": np.zeros(d_in).tolist(), "scale": 1.0, "n_steps": 0}
    transcoder._restore({name: value.float().contiguous() for name, value in tensors.items()}, unknown)
    transcoder.n_features_in_ = d_in
    return transcoder


def tensors_of(dictionary: Dictionary, format: str, sparsity: str) -> dict[str, Tensor]:
    """The tensors of a fitted transcoder, to be written as ``format``, which has those of one sparsity.

    Raises:
        DictionaryError: it is of the other sparsity.
    """
    assert isinstance(dictionary, Transcoder)
    if dictionary.sparsity != sparsity:
        raise DictionaryError(
            f"A {type(dictionary).__name__} with sparsity={dictionary.sparsity!r} has no counterpart in "
            f"{format}, whose transcoders have {sparsity!r}: keep it with sememe.dictionaries.save."
        )
    return {name: value.detach().cpu() for name, value in dictionary._stored_tensors().items()}
