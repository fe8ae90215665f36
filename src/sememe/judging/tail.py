"""The rest of a network after a layer: from that layer's items to the logits."""

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int
from torch import Tensor, nn

from sememe.activations.forward import evaluation
from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks.hooks import run_to
from sememe.networks.layers import find

# Floats of the layer's output that go through the rest of the network at a time.
_BATCH = 2**22


class Tail:
    """What follows a layer, as a function of the layer's items.

    The layers before it are not run again for every change of its output: one image is passed through them,
    and its place is taken by as many outputs as are asked for. Networks in which something passes by the
    layer (a skip connection around it) do not allow that; it is tried out once, and for them the images
    themselves are passed through.

    Attributes:
        items: the layer's output for the images, ``(images, positions, neurons)``; a vector has one position.
        logits: of the network as it is, ``(images, classes)``.

    Raises:
        NetworkError: an unknown layer, or an output that is neither a vector, nor tokens, nor a map.
    """

    items: Float32[np.ndarray, "images positions neurons"]
    logits: Float32[np.ndarray, "images classes"]

    def __init__(self, net: nn.Module, layer: str, images: ImageSet, device: str = "auto") -> None:
        self._net, self._layer, self._images, self._device = net, layer, images, device
        outputs, logits = [], []
        with evaluation(net, device) as prepare:
            for start in range(0, len(images), 500):
                batch = prepare(torch.from_numpy(images.floats(slice(start, start + 500))))
                outputs.append(run_to(net, [layer], batch)[layer].float().cpu())
                logits.append(net(batch).float().cpu())
        output = torch.cat(outputs)
        if output.ndim not in (2, 3, 4):
            raise NetworkError(f"Layer {layer!r} gives {output.ndim} axes: choose one with 2, 3 or 4.")
        self._map = tuple(output.shape[2:]) if output.ndim == 4 else None
        self._vectors = output.ndim == 2
        last = output.permute(0, 2, 3, 1) if self._map else output
        self.items = np.ascontiguousarray(last.reshape(len(images), -1, last.shape[-1]).numpy())
        self.logits = torch.cat(logits).numpy()
        self._passes_by = False
        some = np.arange(min(8, len(images)))
        try:
            again = self(self.items[some], some)
        except (RuntimeError, ValueError, TypeError):
            again = None
        scale = float(np.abs(self.logits[some]).max()) + 1e-6
        self._passes_by = again is None or float(np.abs(again - self.logits[some]).max()) > 1e-3 * scale

    def __call__(
        self, items: Float32[np.ndarray, "rows positions neurons"], image: Int[np.ndarray, " rows"]
    ) -> Float32[np.ndarray, "rows classes"]:
        """The logits for outputs of the layer, each in the place of the output for one of the images."""
        size = max(1, _BATCH // max(1, items[0].size)) if len(items) else 1
        logits = [np.empty((0, self.logits.shape[1]), np.float32)]
        with evaluation(self._net, self._device) as prepare:
            for start in range(0, len(items), size):
                given = self._native(torch.from_numpy(np.ascontiguousarray(items[start : start + size])))
                rows = image[start : start + size] if self._passes_by else image[:1]
                batch = prepare(torch.from_numpy(self._images.floats(rows)))
                with self._giving(given):
                    logits.append(self._net(batch).float().cpu().numpy())
        return np.concatenate(logits)

    def jacobian(self, most: int = 100) -> Float64[np.ndarray, "classes positions neurons"]:
        """The mean over images of how each logit changes with each of the layer's outputs."""
        n_images = min(most, len(self.items))
        leaf = self._native(torch.from_numpy(self.items[:n_images].copy()))
        rows = slice(0, n_images) if self._passes_by else slice(0, 1)
        device = next(self._net.parameters()).device
        batch = torch.from_numpy(self._images.floats(rows)).to(device)
        leaf = leaf.to(device).requires_grad_()
        was = self._net.training
        self._net.eval()
        found = []
        try:
            with torch.enable_grad(), self._giving(leaf):
                logits = self._net(batch)
                for c in range(logits.shape[1]):
                    (gradient,) = torch.autograd.grad(logits[:, c].sum(), leaf, retain_graph=True)
                    found.append(gradient.double().mean(dim=0).cpu())
        finally:
            self._net.train(was)
        stacked = torch.stack(found)
        last = stacked.permute(0, 2, 3, 1) if self._map else stacked
        return last.reshape(len(found), -1, last.shape[-1]).numpy()

    def _native(self, items: Tensor) -> Tensor:
        """Items as the layer itself gives them."""
        if self._map:
            return items.reshape(len(items), *self._map, -1).permute(0, 3, 1, 2)
        return items[:, 0] if self._vectors else items

    @contextlib.contextmanager
    def _giving(self, replacement: Tensor) -> Iterator[None]:
        handle = find(self._net, self._layer).register_forward_hook(
            lambda module, arguments, output: replacement.to(output)
        )
        try:
            yield
        finally:
            handle.remove()
