"""Predicting a unit from exemplars, as a person would who is shown a few pictures.

Exemplars come from the split that the dictionary was fitted on: some from each of ten activation intervals,
so that weak firings are shown as well as strong ones, and some drawn at random, most of which are silent.
Each is weighted by its likeness to the item that is to be predicted, in the embedding of an encoder trained
apart. Where silent exemplars outweigh those that fire, the prediction is 0; elsewhere it is the weighted mean
of the codes (Nadaraya-Watson). No language is needed, and neurons and components are treated alike.

A mean alone would never be 0. Most codes of a sparse unit are, and share one rank: a prediction that puts
them in an order, be it never so good, has a low rank correlation, the lower the more seldom the unit fires.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int, Real
from scipy import sparse

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, OtherCodes, checked, fired, is_sparse, strongest_first
from sememe.measures.similarity.embeddings import unit_length

INTERVALS = 10
CHUNK = 256
"""Items predicted at a time: bounds the array of likenesses between items and exemplars."""


def choose_exemplars(
    codes: Codes, *, per_interval: int = 5, at_random: int = 50, seed: int = 0
) -> list[Int[np.ndarray, " exemplars"]]:
    """The exemplar items of each unit: some per interval of ``|code|``, some at random for all.

    >>> codes = np.array([[0.0], [0.05], [1.0], [0.0]])
    >>> choose_exemplars(codes, at_random=0)
    [array([1, 2])]
    """
    rng = np.random.default_rng(seed)
    n_items = codes.shape[0]
    common = rng.choice(n_items, size=min(at_random, n_items), replace=False)
    bounds, items, values = strongest_first(checked(abs(codes)))
    chosen = []
    for start, stop in pairwise(bounds):
        own = rng.permutation(stop - start)
        parts = [common]
        if own.size:
            height = values[start:stop][own] / values[start]
            interval = np.clip(np.ceil(height * INTERVALS).astype(np.int64) - 1, 0, INTERVALS - 1)
            parts += [items[start:stop][own[interval == k][:per_interval]] for k in range(INTERVALS)]
        chosen.append(np.unique(np.concatenate(parts)))
    return chosen


def simulate(
    embeddings: Real[np.ndarray, "items embedding"],
    fitted_codes: OtherCodes,
    fitted_embeddings: Real[np.ndarray, "fitted_items embedding"],
    *,
    temperature: float = 0.05,
    per_interval: int = 5,
    at_random: int = 50,
    seed: int = 0,
) -> Float[np.ndarray, "items units"]:
    """Predict the code of every unit on every item from exemplars of another split.

    ``sum_j w_j a_j / sum_j w_j`` over a unit's exemplars, ``w_j = exp((cos(e, e_j) - 1) / temperature)``,
    where the exemplars that fire have at least half of the weight; 0 where they have less.

    Args:
        embeddings: of the items to predict, from an encoder trained apart.
        fitted_codes: ``(fitted_items, units)``, dense or CSR, of any sign, on the split of the exemplars.
        fitted_embeddings: of that split, by the same encoder.
        temperature: how alike is alike; the same for all unit sets, chosen on images that are not scored. On
            digits 0.05 and 0.1 are within 0.02 of the best of 0.02 to 0.2 for neurons and dictionaries alike.
        per_interval, at_random: how many exemplars; see :func:`choose_exemplars`.
        seed: of the choice of exemplars.

    Raises:
        MeasureError: numbers of items or dimensions that differ, or a temperature that is not positive.
    """
    if fitted_codes.shape[0] != fitted_embeddings.shape[0]:
        raise MeasureError(
            f"There are {fitted_codes.shape[0]:,} fitted items but "
            f"{fitted_embeddings.shape[0]:,} embeddings of them."
        )
    if embeddings.shape[1] != fitted_embeddings.shape[1]:
        raise MeasureError(
            f"The items' embeddings have {embeddings.shape[1]} dimensions and the exemplars' "
            f"{fitted_embeddings.shape[1]}: use one encoder for both."
        )
    if not temperature > 0:
        raise MeasureError(f"The temperature must be positive; got {temperature}.")
    exemplars = choose_exemplars(fitted_codes, per_interval=per_interval, at_random=at_random, seed=seed)
    pool, values, silent = _sheet(exemplars, fitted_codes)
    firing = fired(values)
    rows, fitted_rows = unit_length(embeddings), unit_length(fitted_embeddings)[pool]
    # Where no exemplar is at all alike every weight vanishes: then all of them count alike.
    plain = _read(values.sum(axis=1), firing.sum(axis=1), silent.sum(axis=1))
    predicted = np.zeros((rows.shape[0], len(exemplars)))
    for start in range(0, rows.shape[0], CHUNK):
        likeness = fitted_rows @ rows[start : start + CHUNK].T
        likeness = np.exp((likeness - 1.0) / temperature)
        read = _read(values @ likeness, firing @ likeness, silent @ likeness)
        predicted[start : start + CHUNK] = np.where(np.isnan(read), plain[:, None], read).T
    return predicted


def _read(
    codes: Float[np.ndarray, "units ..."],
    firing: Float[np.ndarray, "units ..."],
    silent: Float[np.ndarray, "units ..."],
) -> Float[np.ndarray, "units ..."]:
    """The mean code, or 0, from the weighted sums of codes, of those that fire, of those that do not.

    NaN where nothing has any weight.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        # A hair of slack: two equal halves must not depend on the order of the items.
        return np.where(firing >= (1 - 1e-9) * silent, codes / (firing + silent), 0.0)


def _sheet(
    exemplars: list[np.ndarray], codes: OtherCodes
) -> tuple[Int[np.ndarray, " pool"], sparse.csr_array, sparse.csr_array]:
    """All items that are an exemplar of some unit; each unit's codes of its own, and which are silent.

    Most exemplars serve several units: their likeness to an item is computed once.
    """
    pool = np.unique(np.concatenate(exemplars))
    unit = np.repeat(np.arange(len(exemplars)), [items.size for items in exemplars])
    item = np.concatenate(exemplars)
    value = [np.zeros(0)]
    columns = codes.tocsc() if is_sparse(codes) else codes
    for u, items in enumerate(exemplars):
        column = columns[:, [u]]
        value.append((column.toarray() if is_sparse(column) else np.asarray(column))[items, 0])
    code, place = np.concatenate(value).astype(np.float64), np.searchsorted(pool, item)

    def table(entries: np.ndarray, taken: np.ndarray) -> sparse.csr_array:
        where, shape = (unit[taken], place[taken]), (len(exemplars), pool.size)
        return sparse.csr_array(sparse.coo_array((entries[taken], where), shape=shape))

    return pool, table(code, code != 0), table(np.ones(code.size), code == 0)
