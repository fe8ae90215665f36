"""What the network makes of a reconstruction, as a loss: its answer, and its later layers."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import Losses, Objective
from sememe.networks import capture, replace


class EndToEndObjective:
    """A family's own loss, and how far the spliced network is from the original one.

    ``family + kl_coefficient KL(p || p_hat) + downstream_coefficient sum_l ||a_l - a_hat_l||^2 / ||a_l -
    mean a_l||^2``: ``p`` are the network's class probabilities and ``a_l`` its later layers, with a hat what
    they become with the reconstruction in place of the layer (Braun et al. 2024, "Identifying functionally
    important features with end-to-end sparse dictionary learning", the losses e2e and e2e + downstream). The
    KL divergence is in nats, a mean over images.

    A call is about the images that ``items_of`` was given last.

    Attributes:
        kl: the divergence of the last call.
    """

    def __init__(
        self,
        family: Objective,
        net: nn.Module,
        layer: str,
        standardisation: Standardisation,
        kl_coefficient: float,
        downstream: Sequence[str] = (),
        downstream_coefficient: float = 0.0,
    ) -> None:
        self.family = family
        self.net, self.layer = net, layer
        self.standardisation = standardisation
        self.kl_coefficient = kl_coefficient
        self.downstream, self.downstream_coefficient = tuple(downstream), downstream_coefficient
        self.kl = 0.0
        self._images = torch.empty(0)
        self._logits = torch.empty(0)
        self._later: dict[str, Tensor] = {}

    @torch.no_grad()
    def items_of(self, images: Float[Tensor, "images ..."]) -> Float[Tensor, "items neurons"]:
        """The layer's items of some images, a row a position, from the network as it is."""
        found = []

        def read(output: Tensor) -> Tensor:
            last = _neurons_last(output)
            # A copy: what follows in the network may change its input in place.
            found.append(last.reshape(-1, last.shape[-1]).float().clone())
            return output

        with replace(self.net, self.layer, read), capture(self.net, self.downstream) as seen:
            logits = self.net(images)
        self._images, self._logits, self._later = images, logits, dict(seen)
        return found[0]

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        losses = self.family(module, x, dead, fraction)
        mean = torch.from_numpy(self.standardisation.mean).to(x)
        reconstruction = module(x) * self.standardisation.scale + mean

        def splice(output: Tensor) -> Tensor:
            last = _neurons_last(output)
            given = reconstruction.reshape(last.shape).to(output)
            return given if output.ndim < 4 else given.permute(0, 3, 1, 2)

        with replace(self.net, self.layer, splice), capture(self.net, self.downstream) as seen:
            logits = self.net(self._images)
        kl = _divergence(self._logits, logits)
        self.kl = kl.item()
        total = losses.total + self.kl_coefficient * kl.to(x)
        for name in self.downstream:
            wanted, given = _precise(self._later[name]), _precise(seen[name])
            spread = (wanted - wanted.mean(dim=0)).square().sum().clamp_min(torch.finfo(wanted.dtype).tiny)
            total = total + self.downstream_coefficient * ((wanted - given).square().sum() / spread).to(x)
        return dataclasses.replace(losses, total=total)


@contextlib.contextmanager
def held_still(net: nn.Module) -> Iterator[None]:
    """The network in evaluation mode and without gradients for its weights; as it was once the block ends."""
    modes = {module: module.training for module in net.modules()}
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    try:
        net.eval()
        for parameter in trained:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
        for module, training in modes.items():
            module.training = training


def _neurons_last(output: Float[Tensor, "images ..."]) -> Float[Tensor, "images ..."]:
    return output if output.ndim < 4 else output.permute(0, 2, 3, 1)


def _precise(values: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """At least float32, whatever the network computes in."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _divergence(
    wanted: Float[Tensor, "... classes"], given: Float[Tensor, "... classes"]
) -> Float[Tensor, ""]:
    p = _precise(wanted).flatten(0, -2).log_softmax(dim=1)
    q = _precise(given).flatten(0, -2).log_softmax(dim=1)
    return F.kl_div(q, p, log_target=True, reduction="batchmean")
