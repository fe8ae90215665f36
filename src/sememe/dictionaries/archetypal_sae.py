"""Archetypal: every atom is a mixture of typical items, so that trainings with other seeds agree."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.metaestimators import available_if
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.items import Items
from sememe.dictionaries.kernels.choose import Planned
from sememe.dictionaries.kernels.mixed_step import MixedStep
from sememe.dictionaries.learner import Learner
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.step import Objective, ReferenceStep, TrainingStep
from sememe.dictionaries.topk_sae import TopKSAE

# Items that the archetypes are found among.
_SAMPLE = 20_000

# How much of an atom is its own archetype at the start: softmax of this against zeros.
_FIRST_LOGIT = 6.0

# Logits in a unit of the mixture. To leave its first archetype an atom has to move logits by about ten, and
# Adam moves every number by at most a learning rate a step: too far for a training of some hundred steps.
# Measured on MNIST in 600 steps: of conv2 9.9 % of the variance lost with 1, 7.4 % with 10; of fc1 13.8 %
# and 10.1 %.
_LOGITS = 10.0

# Mixtures take more than free atoms: with three times the rate conv2 lost 3.7 % and not 7.4 %, the layers of
# the MLP a tenth less; fc1, whose hull has 256 corners in 128 dimensions, lost a fifth more.
_FASTER = 3.0


class Hull(nn.Module):
    """Atoms from mixtures: the direction of ``softmax(10 mixture) @ archetypes + relaxation``.

    ``relaxation`` is at most ``bound`` long; with a bound of 0 atoms are directions within the convex hull.
    """

    archetypes: Tensor

    def __init__(self, archetypes: Float32[Tensor, "archetypes neurons"], bound: float) -> None:
        super().__init__()
        self.register_buffer("archetypes", archetypes)
        self.bound = bound

    def forward(
        self,
        mixture: Float[Tensor, "components archetypes"],
        relaxation: Float[Tensor, "components neurons"],
    ) -> Float[Tensor, "components neurons"]:
        length = relaxation.norm(dim=1, keepdim=True)
        shorter = relaxation * (self.bound / length.clamp_min(max(self.bound, 1e-12))).clamp_max(1.0)
        return F.normalize(torch.softmax(_LOGITS * mixture, dim=1) @ self.archetypes + shorter, dim=1)

    def right_inverse(
        self, atoms: Float[Tensor, "components neurons"]
    ) -> tuple[Float[Tensor, "components archetypes"], Float[Tensor, "components neurons"]]:
        """Parameters to begin with: each atom near the archetype that resembles it most, none relaxed."""
        nearest = (atoms @ F.normalize(self.archetypes, dim=1).T).argmax(dim=1)
        mixture = torch.zeros(len(atoms), len(self.archetypes))
        mixture[torch.arange(len(atoms)), nearest] = (_FIRST_LOGIT + np.log(len(self.archetypes))) / _LOGITS
        return mixture, torch.zeros_like(atoms)


@dataclass(eq=False, repr=False, kw_only=True)
class ArchetypalSAE(TopKSAE):
    """A TopK autoencoder whose atoms are mixtures of the centroids of the items.

    ``atom = direction of (convex combination of archetypes + relaxation)``, archetypes being k-means
    centroids of the items, less their mean (Fel et al. 2025, "Archetypal SAE: adaptive and stable dictionary
    learning for concept extraction in large vision models", eq. 4 and 5). With ``relaxation=0`` it is the
    archetypal SAE, above 0 the relaxed one. It has no ``partial_fit``, as the archetypes are found once.
    Other hyperparameters: ``TopKSAE``, with three times its learning rate where none is given.

    Args:
        n_archetypes: centroids, at most the items; None: twice ``n_components``, or as many as there are
            items.
        relaxation: how far an atom may leave the hull, as a share of the archetypes' mean length.
    """

    n_archetypes: int | None = None
    relaxation: float = 0.1

    @available_if(lambda self: False)
    def partial_fit(self, X: Any, y: Any = None) -> Any:
        """Not available: see the class."""

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        if self.n_archetypes is not None:
            check_integer("n_archetypes", self.n_archetypes, 1, len(items), "the number of items")
        check_number("relaxation", self.relaxation, 0)

    def _peak_learning_rate(self, n_steps: int) -> float:
        usual = super()._peak_learning_rate(n_steps)
        return usual if self.learning_rate is not None else _FASTER * usual

    def _new_module(
        self,
        atoms: Float32[Tensor, "components neurons"],
        items: Items,
        standardisation: Standardisation,
        seed: int,
    ) -> SAEModule:
        # The hull is a property of the items: the same for every random_state.
        sample = items.sample(_SAMPLE, np.random.default_rng(0))
        points = standardisation.apply(torch.from_numpy(sample)).numpy()
        n_archetypes = min(self.n_archetypes or 2 * self.n_components, len(points))
        found = MiniBatchKMeans(n_archetypes, random_state=0, n_init=1, batch_size=4096).fit(points)
        archetypes = torch.from_numpy(found.cluster_centers_.astype(np.float32))
        bound = self.relaxation * float(archetypes.norm(dim=1).mean())
        hull = Hull(archetypes, bound)
        chosen = np.random.default_rng([seed, 3]).permutation(n_archetypes)
        begun = archetypes[torch.from_numpy(np.resize(chosen, self.n_components))]
        module = self._module(hull(*hull.right_inverse(F.normalize(begun, dim=1))))
        parametrize.register_parametrization(module, "W_dec", hull)
        return module

    def _training_step(self, module: SAEModule, objective: Objective) -> TrainingStep:
        encoder = module.W_enc
        plain = self.optimizer == "adam" and self.clip_norm is None
        if not (plain and isinstance(objective, Planned) and encoder.device.type == "cpu"):
            return ReferenceStep(module, objective, self.clip_norm, self.optimizer)
        return MixedStep(module, objective.plan())

    def _calibrate(self, learner: Learner, batches: Iterator[Float32[np.ndarray, "batch neurons"]]) -> None:
        # From here on the atoms are what they have become.
        parametrize.remove_parametrizations(learner.module, "W_dec", leave_parametrized=True)
