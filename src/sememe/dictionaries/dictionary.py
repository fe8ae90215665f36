"""What every dictionary is: an estimator that turns activations into codes and codes into activations."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float32
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sememe.activations import RunningMoments
from sememe.dictionaries.items import Items, ItemsLike, validated_items
from sememe.dictionaries.real_arrays import real_matrix
from sememe.errors import DictionaryError

# Items are encoded in pieces whose dense codes take about this much.
_CHUNK_BYTES = 32 * 2**20


class Dictionary(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of all dictionaries: a scikit-learn transformer whose inverse is affine.

    ``x_hat = codes @ components_ + offset_``, whatever way the codes were found: in the units of the layer,
    so that adding ``components_[j]`` to an activation is what raising code ``j`` by 1 does.

    Items come as a NumPy array, a torch tensor or a Zarr array, which is read in pieces and never whole.
    Everything is computed in float32, except sums over items (float64). Codes are float32, dense or, with
    ``sparse_output=True``, a CSR array. A component fires where its code is not zero; codes may be negative.

    Attributes:
        components_: atoms, float32 ``(n_components, n_features_in_)``.
        offset_: what a code of zeros is decoded to, float32 ``(n_features_in_,)``.
        n_features_in_: number of neurons.

    A subclass writes ``_fit``, which sets these, and ``_codes``.
    """

    components_: Float32[np.ndarray, "components neurons"]
    offset_: Float32[np.ndarray, " neurons"]
    n_features_in_: int
    sparse_output: bool

    # Fewest items that a fit makes sense with.
    _minimum_items = 2

    def fit(self, X: ItemsLike, y: Any = None) -> Self:
        """Learn the dictionary from items, ``(items, neurons)``.

        Raises:
            DictionaryError: a hyperparameter or the items are unsuitable. The estimator is left unfitted,
                or as it was.
        """
        with self._unchanged_on_failure():
            self._fit(validated_items(self, X, reset=True, minimum=self._minimum_items))
        return self

    def transform(self, X: ItemsLike) -> Float32[np.ndarray, "items components"] | sparse.csr_array:
        """Codes of items, ``(items, n_components)``, float32: dense, or CSR if ``sparse_output``."""
        check_is_fitted(self)
        items = validated_items(self, X, reset=False)
        chunks = self._chunks(items)
        if self.sparse_output:
            codes = sparse.vstack([sparse.csr_array(self._codes(chunk)) for chunk in chunks], format="csr")
            codes.sort_indices()
            return codes
        codes = np.empty((len(items), len(self.components_)), dtype=np.float32)
        start = 0
        for chunk in chunks:
            found = self._codes(chunk)
            codes[start : start + len(chunk)] = found.toarray() if sparse.issparse(found) else found
            start += len(chunk)
        return codes

    def inverse_transform(self, codes: Any) -> Float32[np.ndarray, "items neurons"]:
        """Activations from codes: ``codes @ components_ + offset_``.

        ``codes`` are ``(items, n_components)``: a NumPy array, a SciPy sparse matrix or a torch tensor.

        Raises:
            DictionaryError: the codes are not two-dimensional, not real numbers, not finite, or of another
                number of components.
        """
        check_is_fitted(self)
        n_components = len(self.components_)
        given = real_matrix(codes, f"{type(self).__name__} needs codes (items, {n_components})")
        if given.shape[1] != n_components:
            raise DictionaryError(
                f"Codes should have the shape (items, {n_components}), but {given.shape} arrived."
            )
        codes = given.astype(np.float32) if sparse.issparse(given) else np.asarray(given, dtype=np.float32)
        if not np.isfinite(codes.sum(dtype=np.float64)):
            raise DictionaryError(
                f"The codes {codes.shape} hold NaN or infinity: remove or replace these items."
            )
        return np.asarray(codes @ self.components_ + self.offset_, dtype=np.float32)

    def score(self, X: ItemsLike, y: Any = None) -> float:
        """Minus the fraction of variance unexplained: 0 is perfect, -1 is as good as the mean.

        ``-sum ||x - x_hat||^2 / sum ||x - mean||^2``, with the mean of ``X``, over all items.

        Raises:
            DictionaryError: the items do not vary.
        """
        check_is_fitted(self)
        items = validated_items(self, X, reset=False)
        error, moments = 0.0, RunningMoments(items.n_neurons)
        for chunk in self._chunks(items):
            reconstructed = self._codes(chunk) @ self.components_ + self.offset_
            error += float(np.square(chunk - reconstructed, dtype=np.float64).sum())
            moments.update(chunk)
        variance = len(items) * moments.result().total_variance
        if variance <= 0:
            raise DictionaryError(f"The {len(items)} items do not vary: there is no variance to explain.")
        return -error / variance

    def _chunks(self, items: Items) -> Iterator[Float32[np.ndarray, "some neurons"]]:
        widest = max(len(self.components_), items.n_neurons)
        return items.chunks(_CHUNK_BYTES * items.n_neurons // widest)

    def _fit(self, items: Items) -> None:
        """Check the hyperparameters, learn, and set ``components_`` and ``offset_``."""
        raise NotImplementedError

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        """Codes of some items: a float32 array, or a SciPy sparse matrix."""
        raise NotImplementedError

    # What ``storage`` writes, and makes a fitted dictionary of again.

    # The sizes that ``cfg.json`` gives and ``_stored_shapes`` is told.
    _stored_sizes: tuple[str, ...] = ("d_in", "d_sae")

    # Further fitted arrays, and the sizes of their axes: "d_sae" components or "d_in" neurons.
    _stored_arrays: Mapping[str, tuple[str, ...]] = {}

    def _stored_configuration(self) -> dict[str, Any]:
        """The keys of ``cfg.json`` that say what kind of dictionary it is; at least ``architecture``."""
        return {"architecture": type(self).__name__}

    def _stored_tensors(self) -> dict[str, Tensor]:
        """The tensors of the weights file."""
        extra = {name: torch.tensor(getattr(self, name)) for name in self._stored_arrays}
        return {"W_dec": torch.tensor(self.components_), "b_dec": torch.tensor(self.offset_)} | extra

    def _stored_shapes(self, d_in: int, d_sae: int) -> dict[str, tuple[int, ...]]:
        """The shapes that the tensors must have, for an unfitted dictionary with its hyperparameters."""
        sizes = {"d_in": d_in, "d_sae": d_sae}
        extra = {name: tuple(sizes[axis] for axis in axes) for name, axes in self._stored_arrays.items()}
        return {"W_dec": (d_sae, d_in), "b_dec": (d_in,)} | extra

    def _stored_facts(self) -> dict[str, Any]:
        """What else was fitted, as plain numbers that JSON keeps exactly."""
        return {}

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        """Set the fitted attributes from what the three methods above gave."""
        self.components_ = tensors["W_dec"].float().numpy()
        self.offset_ = tensors["b_dec"].float().numpy()
        for name in self._stored_arrays:
            setattr(self, name, tensors[name].numpy())

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    @contextlib.contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
