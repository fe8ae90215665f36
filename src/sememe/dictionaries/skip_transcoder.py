"""Skip transcoder: a transcoder with a linear map past its codes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.transcoder import Transcoder
from sememe.dictionaries.transcoder_module import TranscoderModule


@dataclass(eq=False, repr=False, kw_only=True)
class SkipTranscoder(Transcoder):
    """Predicts a later layer by codes and a linear map: ``codes @ components_ + offset_ + x @ skip_``.

    What a linear map explains needs no codes, which then say what is not linear (Paulo et al. 2025,
    "Transcoders beat sparse autoencoders for interpretability", section 3). The map begins at zero and is
    trained with the rest. ``predict`` gives the whole sum; ``inverse_transform``, which sees codes alone,
    leaves ``x @ skip_`` out. Hyperparameters: ``Transcoder``.

    Attributes:
        skip_: the linear map, ``(neurons, neurons_out)``.
    """

    _has_skip = True

    def _predicted(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items neurons_out"]:
        return super()._predicted(x) + x @ self.skip_

    def _set_module(self, module: SAEModule, standardisation: Standardisation) -> None:
        super()._set_module(module, standardisation)
        assert isinstance(module, TranscoderModule)
        assert module.W_skip is not None
        self.skip_: Float32[np.ndarray, "neurons neurons_out"] = module.W_skip.detach().cpu().numpy().T
