"""Every dictionary by name. A new one is a new file and a line here."""

from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.jump_relu_sae import JumpReLUSAE
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.dictionaries.neurons import Neurons
from sememe.dictionaries.pca import PCA
from sememe.dictionaries.random_dictionary import RandomDictionary
from sememe.dictionaries.stored_activations import StoredActivations
from sememe.dictionaries.topk_sae import TopKSAE

_DICTIONARIES: tuple[type[Dictionary], ...] = (
    BatchTopKSAE,
    JumpReLUSAE,
    L1SAE,
    MatryoshkaSAE,
    Neurons,
    PCA,
    RandomDictionary,
    StoredActivations,
    TopKSAE,
)


def registry() -> dict[str, type[Dictionary]]:
    """All dictionaries: the name of the class, and the class.

    >>> registry()["TopKSAE"]
    <class 'sememe.dictionaries.topk_sae.TopKSAE'>
    """
    return {kind.__name__: kind for kind in _DICTIONARIES}
