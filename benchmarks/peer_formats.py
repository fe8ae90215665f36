"""The other libraries' side of the exchange of files: they write dictionaries for us, and load ours.

    python benchmarks/peer_formats.py write FOLDER   each library saves dictionaries, and its codes of items
    python benchmarks/peer_formats.py read FOLDER    each library loads what is in FOLDER; prints differences

Run by ``tests/dictionaries/formats/test_peers.py`` with the interpreter that SEMEME_PEERS_PYTHON names, in an
environment of the libraries' own, which needs nothing of ours::

    python -m venv peers && peers/bin/pip install torch==2.13.0 scikit-learn einops "matplotlib<3.9" \\
        scikit-image simple-parsing schedulefree natsort transformers accelerate datasets \\
        "transformer-lens>=2.16.1,<4" babe nltk tenacity python-dotenv plotly plotly-express
    peers/bin/pip install --no-deps overcomplete dictionary-learning eai-sparsify sae-lens

``FOLDER/manifest.json`` lists the dictionaries: name, format, path, and a file with items, their codes and
their reconstruction.
"""

import importlib.machinery
import importlib.metadata
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

warnings.filterwarnings("ignore")

D_IN, D_SAE, K = 16, 48, 5
D_OUT = 11


class Coder(NamedTuple):
    """What a library is asked to do with a dictionary."""

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
    predict: Callable[[Tensor], Tensor] | None = None
    """From items of one layer to those of another, of a transcoder."""


# A dictionary that a library saved: its name, where it is below FOLDER, and the library's own coder.
Written = tuple[str, str, Coder]


def stub(*names: str) -> None:
    """Stand-ins for what loads models and images: only the code of the autoencoders runs here."""
    for name in names:
        module = MagicMock()
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        module.__path__ = []
        sys.modules[name] = module


def randomise(module: nn.Module, seed: int) -> None:
    """Random biases and thresholds and atoms of unequal length, so that every part of an encoder matters."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if name == "threshold":
            parameter.data.copy_(noise.abs() * 0.3)
        elif name == "thresholds":
            parameter.data.copy_(noise * 0.5 - 2)
        elif name.endswith("b_dec") or name in ("bias", "decoder_bias", "decoder.bias"):
            parameter.data.copy_(noise)
        elif parameter.ndim == 1:
            parameter.data.copy_(noise * 0.2)
        elif parameter.ndim == 2:
            parameter.data.add_(noise * 0.1)


def write_saelens(folder: Path) -> Iterator[Written]:
    from sae_lens.registry import get_sae_class, get_sae_training_class
    from sae_lens.training.activation_scaler import ActivationScaler

    coder = read_saelens
    sizes = {"d_in": D_IN, "d_sae": D_SAE}
    steps = {"max_iterations": K, "residual_threshold": 0.0, "stop_on_duplicate_support": False}
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "standard": ("standard", {}),
        "standard-uncentred": ("standard", {"apply_b_dec_to_input": False}),
        "topk": ("topk", {"k": K}),
        "topk-rescaled": ("topk", {"k": K, "rescale_acts_by_decoder_norm": True}),
        "jumprelu": ("jumprelu", {}),
        "jumprelu-uncentred": ("jumprelu", {"apply_b_dec_to_input": False}),
        "gated": ("gated", {}),
        "gated-uncentred": ("gated", {"apply_b_dec_to_input": False}),
        "matching-pursuit": ("matching_pursuit", steps),
        "transcoder": ("transcoder", {"d_out": D_OUT, "apply_b_dec_to_input": False}),
        "skip-transcoder": ("skip_transcoder", {"d_out": D_OUT, "apply_b_dec_to_input": False}),
    }
    for number, (name, (architecture, options)) in enumerate(cases.items()):
        kind, configuration = get_sae_class(architecture)
        sae = kind(configuration(**sizes, **options))
        randomise(sae, number)
        if architecture == "matching_pursuit":  # as its trainer keeps them; longer atoms overshoot
            sae.W_dec.data /= sae.W_dec.norm(dim=1, keepdim=True)
        sae.save_model(folder / name)
        yield name, name, coder(folder / name)
    trained: dict[str, tuple[str, dict[str, Any]]] = {
        "trained-standard": ("standard", {}),
        "trained-topk": ("topk", {"k": K}),
        "trained-batchtopk": ("batchtopk", {"k": K}),
        "trained-matryoshka": ("matryoshka_batchtopk", {"k": K, "matryoshka_widths": [16, 32, D_SAE]}),
        "trained-jumprelu": ("jumprelu", {}),
        "trained-gated": ("gated", {}),
    }
    for number, (name, (architecture, options)) in enumerate(trained.items()):
        kind, configuration = get_sae_training_class(architecture)
        sae = kind(configuration(**sizes, **options))
        randomise(sae, 20 + number)
        if hasattr(sae, "topk_threshold"):
            sae.topk_threshold.fill_(0.2)
        sae.save_inference_model(folder / name)
        yield name, name, coder(folder / name)
    name, (kind, configuration) = "scaled-checkpoint", get_sae_class("standard")
    sae = kind(configuration(**sizes, normalize_activations="expected_average_only_in"))
    randomise(sae, 30)
    sae.save_model(folder / name)
    ActivationScaler(scaling_factor=2.5).save(str(folder / name / "activation_scaler.json"))
    sae.fold_activation_norm_scaling_factor(2.5)
    yield name, name, Coder(sae.encode, sae.decode)
    name, (kind, configuration) = "version-5", get_sae_class("standard")
    sae = kind(configuration(**sizes))
    randomise(sae, 31)
    sae.save_model(folder / name)
    old = {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}, "normalize_activations": "none"}
    old |= {"dtype": "float32", "hook_name": "fc1", "sae_lens_training_version": "5.3.0"}
    (folder / name / "cfg.json").write_text(json.dumps(sizes | old))
    yield name, name, coder(folder / name)


def read_saelens(path: Path) -> Coder:
    from sae_lens import SAE

    sae = SAE.load_from_disk(path)
    predicts = "transcoder" in sae.cfg.architecture()
    return Coder(sae.encode, sae.decode, sae.forward if predicts else None)


def write_dictionary_learning(folder: Path) -> Iterator[Written]:
    stub("nnsight", "zstandard", "circuitsvis", "wandb", "umap")
    from dictionary_learning import dictionary as classes
    from dictionary_learning.trainers.batch_top_k import BatchTopKTrainer
    from dictionary_learning.trainers.jumprelu import JumpReluTrainer
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKTrainer
    from dictionary_learning.trainers.standard import StandardTrainer
    from dictionary_learning.trainers.top_k import TopKTrainer

    common = {"steps": 100, "activation_dim": D_IN, "dict_size": D_SAE, "layer": 0, "lm_name": "x"}
    common |= {"device": "cpu", "warmup_steps": 1}
    topk = common | {"k": K, "decay_start": 50}
    matryoshka = topk | {"group_fractions": [0.25, 0.25, 0.5]}
    trainers: dict[str, Any] = {
        "standard": StandardTrainer(**common, sparsity_warmup_steps=1, resample_steps=None),
        "topk": TopKTrainer(**topk),
        "batchtopk": BatchTopKTrainer(**topk),
        "matryoshka": MatryoshkaBatchTopKTrainer(**matryoshka),
        "jumprelu": JumpReluTrainer(**common, sparsity_warmup_steps=1),
    }
    for number, (name, trainer) in enumerate(trainers.items()):
        randomise(trainer.ae, 40 + number)
        if name in ("batchtopk", "matryoshka"):
            trainer.ae.threshold.fill_(0.6)
        _save_trainer(folder / name, trainer.ae.state_dict(), trainer.config)
        yield name, name, read_dictionary_learning(folder / name)
    for name, kind in {"new": classes.AutoEncoderNew, "gated": classes.GatedAutoEncoder}.items():
        module = kind(D_IN, D_SAE)
        randomise(module, 50)
        _save_trainer(folder / name, module.state_dict(), {"dict_class": kind.__name__})
        yield name, name, read_dictionary_learning(folder / name)
    for name in ("topk", "batchtopk", "jumprelu"):
        trainer, backup = trainers[name], f"backup-{name}"
        found = {"step": 7, "ae": trainer.ae.state_dict(), "optimizer": trainer.optimizer.state_dict()}
        found |= {"config": trainer.config, "norm_factor": 3.0}
        _save_trainer(folder / backup, found, trainer.config)
        trainer.ae.scale_biases(3.0)
        yield backup, backup, Coder(trainer.ae.encode, trainer.ae.decode)


def _save_trainer(folder: Path, found: dict[str, Any], config: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"trainer": config}))
    torch.save(found, folder / "ae.pt")


def read_dictionary_learning(path: Path) -> Coder:
    stub("nnsight", "zstandard", "circuitsvis", "wandb", "umap")
    from dictionary_learning.utils import load_dictionary

    module, _ = load_dictionary(str(path), "cpu")
    return Coder(module.encode, module.decode)


def write_sparsify(folder: Path) -> Iterator[Written]:
    from sparsify import SparseCoder, SparseCoderConfig

    cases: dict[str, dict[str, Any]] = {
        "latents": {"num_latents": D_SAE},
        "expansion": {"expansion_factor": 3},
        "transcoder": {"num_latents": D_SAE, "transcode": True},
        "skip-transcoder": {"num_latents": D_SAE, "transcode": True, "skip_connection": True},
    }
    for name, options in cases.items():
        module = SparseCoder(D_IN, SparseCoderConfig(k=K, **options))
        randomise(module, 60)
        module.save_to_disk(folder / name)
        yield name, name, read_sparsify(folder / name)


def read_sparsify(path: Path) -> Coder:
    from sparsify import SparseCoder

    module = SparseCoder.load_from_disk(path)

    def encode(x: Tensor) -> Tensor:
        values, components, _ = module.encode(x)
        return torch.zeros(len(x), module.num_latents).scatter(1, components, values)

    def predict(x: Tensor) -> Tensor:
        return module(x).sae_out

    return Coder(
        encode,
        lambda codes: codes @ module.W_dec + module.b_dec,
        predict if module.cfg.transcode else None,
    )


def write_overcomplete(folder: Path) -> Iterator[Written]:
    stub("torchvision", "torchvision.transforms", "timm", "timm.data", "cv2")
    from overcomplete import sae as classes

    points = torch.randn(20, D_IN, generator=torch.Generator().manual_seed(70))
    modules: dict[str, tuple[nn.Module, dict[str, Any]]] = {
        "SAE": (classes.SAE(D_IN, D_SAE), {}),
        "TopKSAE": (classes.TopKSAE(D_IN, D_SAE, top_k=K), {"top_k": K}),
        "BatchTopKSAE": (classes.BatchTopKSAE(D_IN, D_SAE, top_k=K), {"running_threshold": 0.6}),
        "JumpSAE": (classes.JumpSAE(D_IN, D_SAE), {}),
        "RATopKSAE": (classes.RATopKSAE(D_IN, D_SAE, points, top_k=K), {"top_k": K}),
        "RAJumpSAE": (classes.RAJumpSAE(D_IN, D_SAE, points), {}),
    }
    for normalisation in ("max_l2", "l1", "max_l1", "identity"):
        parameters = {"normalization": normalisation}
        module = classes.SAE(D_IN, D_SAE, dictionary_params=parameters)
        modules[f"SAE-{normalisation}"] = (module, {"dictionary_params": parameters})
    for number, (name, (module, settings)) in enumerate(modules.items()):
        randomise(module, 70 + number)
        module.dictionary.multiplier.data.fill_(0.4)
        (folder / name).mkdir(parents=True)
        torch.save(module.state_dict(), folder / name / "module.pt")
        if name not in ("JumpSAE", "RAJumpSAE"):  # what a state_dict of these says is enough
            settings |= {"class": name.partition("-")[0]}
            (folder / name / "overcomplete.json").write_text(json.dumps(settings))
        module.running_threshold = 0.6
        module.eval()
        path = f"{name}/module.pt" if "Jump" in name else name
        yield name, path, Coder(lambda x, m=module: m.encode(x)[1], module.decode)


def read_overcomplete(path: Path) -> Coder:
    stub("torchvision", "torchvision.transforms", "timm", "timm.data", "cv2")
    from overcomplete import sae as classes

    settings = json.loads((path / "overcomplete.json").read_text())
    offset = torch.tensor(settings.pop("offset"))
    module = getattr(classes, settings.pop("class"))(**settings)
    module.load_state_dict(load_file(path / "state_dict.safetensors"))
    module.eval()
    return Coder(lambda x: module.encode(x)[1], lambda codes: module.decode(codes) + offset)


WRITERS = {
    "sparsify": write_sparsify,
    "saelens": write_saelens,
    "dictionary_learning": write_dictionary_learning,
    "overcomplete": write_overcomplete,
}
READERS = {
    "sparsify": read_sparsify,
    "saelens": read_saelens,
    "dictionary_learning": read_dictionary_learning,
    "overcomplete": read_overcomplete,
}


@torch.no_grad()
def write(folder: Path) -> None:
    """Let every library write, and note what it makes of 300 items."""
    torch.manual_seed(0)  # the libraries draw their first weights from the global generator
    items = torch.randn(300, D_IN, generator=torch.Generator().manual_seed(1)) + 0.5
    manifest = []
    for format, writer in WRITERS.items():
        for name, path, coder in writer(folder / format):
            codes = coder.encode(items)
            arrays = folder / f"{format}-{name}.npz"
            predicted = {} if coder.predict is None else {"prediction": coder.predict(items)}
            np.savez(arrays, items=items, codes=codes, reconstruction=coder.decode(codes), **predicted)
            entry = {"name": name, "format": format, "path": f"{format}/{path}", "arrays": arrays.name}
            manifest.append(entry)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


@torch.no_grad()
def read(folder: Path) -> bool:
    """Let every library read, and compare with what the writer made of the items."""
    same = True
    for entry in json.loads((folder / "manifest.json").read_text()):
        coder = READERS[entry["format"]](folder / entry["path"])
        expected = np.load(folder / entry["arrays"])
        items = torch.from_numpy(expected["items"])
        codes = coder.encode(items)
        apart = np.abs(codes.numpy() - expected["codes"]).max()
        apart_back = np.abs(coder.decode(codes).numpy() - expected["reconstruction"]).max()
        if coder.predict is not None:
            found = coder.predict(items).numpy()
            apart_back = max(apart_back, np.abs(found - expected["prediction"]).max())
        same &= bool(max(apart, apart_back) < 1e-5)
        print(f"{entry['format']:20} {entry['name']:24} codes {apart:.1e}  reconstruction {apart_back:.1e}")
    return same


if __name__ == "__main__":
    command, place = sys.argv[1], Path(sys.argv[2])
    for package in ("sae-lens", "dictionary-learning", "eai-sparsify", "overcomplete", "torch"):
        print(package, importlib.metadata.version(package))
    if command == "write":
        write(place)
    elif not read(place):
        sys.exit("Codes or reconstructions differ by 1e-5 or more.")
