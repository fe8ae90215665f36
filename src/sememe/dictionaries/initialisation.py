"""Where training begins: the atoms, and the centre of the items."""

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor
from torch.nn import functional as F


def random_atoms(n_components: int, d_in: int, seed: int) -> Float32[Tensor, "components neurons"]:
    """Unit-length atoms in directions drawn uniformly from the sphere."""
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(n_components, d_in, generator=generator), dim=1)


def data_atoms(
    items: Float32[np.ndarray, "items neurons"], n_components: int, seed: int
) -> Float32[Tensor, "components neurons"]:
    """The directions of items drawn at random, which should be centred.

    Where there are fewer items than components, or items of length 0, random directions fill up.
    """
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(items[rng.permutation(len(items))[:n_components]])
    atoms = random_atoms(n_components, items.shape[1], seed)
    lengths = drawn.norm(dim=1)
    usable = lengths > 0
    atoms[: len(drawn)][usable] = drawn[usable] / lengths[usable, None]
    return atoms


def tied(
    atoms: Float[Tensor, "components neurons"],
) -> dict[str, Float[Tensor, "..."]]:
    """Parameters with the encoder the decoder's transpose and no biases (Gao et al. 2024, appendix A.1)."""
    return {
        "W_enc": atoms.clone(),
        "b_enc": atoms.new_zeros(atoms.shape[0]),
        "W_dec": atoms.clone(),
        "b_dec": atoms.new_zeros(atoms.shape[1]),
    }


def geometric_median(
    items: Float32[np.ndarray, "items neurons"], tolerance: float = 1e-7, max_steps: int = 200
) -> Float64[np.ndarray, " neurons"]:
    """The point with the least mean distance from the items, by Weiszfeld's iteration.

    Stops when a step is shorter than ``tolerance`` times the mean distance. Used as the initial decoder bias
    in Bricken et al. 2023 ("Towards Monosemanticity", appendix "Autoencoder initialisation").
    """
    points = items.astype(np.float64)
    median = np.median(points, axis=0)  # an outlier does not move this start
    for _ in range(max_steps):
        distances = np.sqrt(((points - median) ** 2).sum(axis=1))
        spread = float(distances.mean())
        if spread == 0:
            break
        # A point at the estimate would weigh infinitely; bounded, it holds the estimate as it should.
        weights = 1 / np.maximum(distances, 1e-12 * spread)
        moved = weights @ points / weights.sum()
        step = float(np.linalg.norm(moved - median))
        median = moved
        if step <= tolerance * spread:
            break
    return np.asarray(median)
