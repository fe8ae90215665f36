"""Dictionaries that are learned and kept, one or a grid of them: what was finished is never fitted again.

::

    FOLDER/                     of one dictionary; of a sweep, FOLDER/<point>/ has these four for each
        cfg.json                the dictionary, as sememe.dictionaries.save writes it
        sae_weights.safetensors
        training.jsonl          its log, where it is trained by gradients
        learn.json              what it was learned from, and its scores on items held out
    FOLDER/training/            while it is trained: which points, their checkpoint, their log
"""

import itertools
import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

import sememe
from sememe import dictionaries, files, measures
from sememe.commands.item_source import ItemSource
from sememe.dictionaries import Dictionary, JsonLines, TensorBoard, fit_together
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.together import STREAM
from sememe.errors import DictionaryError, RunError
from sememe.progress import Progress, part

RECORD = "learn.json"
LOG = "training.jsonl"
_TRAINING, _GROUP, _CHECKPOINT = "training", "group.json", "checkpoint"
_MAY_HOLD = (RECORD, LOG, _TRAINING, "cfg.json", "sae_weights.safetensors")


@dataclass(frozen=True, eq=False)
class Point:
    """One dictionary to learn: what was swept to get it, where it goes, and the unfitted estimator."""

    swept: Mapping[str, Any]
    folder: Path
    dictionary: Dictionary

    def describe(self) -> dict[str, Any]:
        """What makes it this dictionary and no other: kind and hyperparameters, wherever it is trained."""
        parameters = self.dictionary.get_params(deep=False)
        parameters.pop("device", None)
        plain = {"dictionary": type(self.dictionary).__name__, "parameters": parameters}
        return json.loads(json.dumps(plain, default=str))


@dataclass(frozen=True, eq=False)
class Work:
    """Everything about a learn but its points."""

    folder: Path
    source: ItemSource
    left_out: Int64[np.ndarray, " left_out"]
    target: ItemSource | None = None
    checkpoint_every: int = 500
    tensorboard: Path | None = None

    def describe(self) -> dict[str, Any]:
        """The data, so that a folder is not taken for that of other data."""
        held_out = {"held_out": len(self.left_out), "first_held_out": self.left_out[:5].tolist()}
        target = {} if self.target is None else {"target": self.target.identity()}
        return self.source.identity() | target | held_out


def grid(
    kind: type[Dictionary], fixed: Mapping[str, Any], sweeps: Mapping[str, Sequence[Any]], folder: Path
) -> list[Point]:
    """Every combination of the swept values; without a sweep one point, in the folder itself."""
    points = []
    for values in itertools.product(*sweeps.values()):
        swept = dict(zip(sweeps, values, strict=True))
        place = folder / point_name(swept) if swept else folder
        points.append(Point(swept, place, kind(**{**fixed, **swept})))
    return points


def point_name(swept: Mapping[str, Any]) -> str:
    """``"k8-n_components512"``: a folder's name."""
    plain = (f"{name}{value}" for name, value in swept.items())
    return "-".join("".join(c if c.isalnum() or c in "._" else "_" for c in text) for text in plain)


def learn_all(
    points: Sequence[Point], work: Work, *, resume: bool, progress: Progress
) -> tuple[list[dict[str, Any]], int]:
    """Learn what is not yet there; the record of every point, in order, and how many were learned before.

    Raises:
        RunError: a folder holds another dictionary than the one asked for, or an unfinished training of
            others, and ``resume`` is asked for.
    """
    if not resume:
        shutil.rmtree(work.folder / _TRAINING, ignore_errors=True)
    todo = [point for point in points if not _finished(point, work, resume)]
    before = len(points) - len(todo)
    groups = _groups(points, todo, work)
    n_left = sum(len(group) for group in groups)
    done = 0
    for group in groups:
        step = part(progress, done / n_left, (done + len(group)) / n_left)
        _learn_group(group, work, step)
        done += len(group)
    return [files.read_json(point.folder / RECORD) for point in points], before


def _finished(point: Point, work: Work, resume: bool) -> bool:
    """Whether this very dictionary is there.

    Raises:
        RunError: another one is, or something else that would be lost.
    """
    if point.folder.is_file():
        raise RunError(f"{point.folder} is a file, so it cannot become a folder: choose another place.")
    held = {entry.name for entry in point.folder.iterdir()} if point.folder.is_dir() else set()
    if strangers := sorted(held - set(_MAY_HOLD)):
        raise RunError(
            f"{point.folder} is there already and holds {', '.join(strangers[:3])}: choose another folder."
        )
    if not (resume and (point.folder / "cfg.json").exists()):
        return False
    if not (point.folder / RECORD).exists():
        raise RunError(
            f"{point.folder} holds a dictionary that was not learned by this command: choose another folder."
        )
    _refuse_another(point.folder, files.read_json(point.folder / RECORD), _request(point, work))
    return True


def _request(point: Point, work: Work) -> dict[str, Any]:
    return {**point.describe(), "data": work.describe()}


def _refuse_another(folder: Path, found: Any, wanted: Mapping[str, Any]) -> None:
    found = found if isinstance(found, dict) else {}
    for key in wanted:
        here, there = wanted[key], found.get(key)
        if isinstance(here, dict) and isinstance(there, dict):
            names = sorted(here.keys() | there.keys())
            differing = [name for name in names if here.get(name) != there.get(name)]
            if not differing:
                continue
            key, here, there = differing[0], here.get(differing[0]), there.get(differing[0])
        elif here == there:
            continue
        raise RunError(
            f"{folder} belongs to a dictionary learned otherwise ({key} is {there!r} there and {here!r} "
            "here): choose another folder, or replace it with --no-resume."
        )


def _groups(points: Sequence[Point], todo: Sequence[Point], work: Work) -> list[list[Point]]:
    """What is fitted together, in order; first what was being trained when an earlier process ended."""
    groups = []
    begun = work.folder / _TRAINING / _GROUP
    if begun.exists():
        by_request = {_key(_request(point, work)): point for point in points}
        group = [by_request.get(_key(request)) for request in files.read_json(begun)]
        if None in group:
            raise RunError(
                f"{begun.parent} holds an unfinished training of other dictionaries or on other items: "
                "repeat the command that began it, choose another folder, or begin anew with --no-resume."
            )
        groups.append([point for point in group if point is not None])
    resumed = {id(point) for group in groups for point in group}
    streams: dict[str, list[Point]] = {}
    for number, point in enumerate(todo):
        if id(point) in resumed:
            continue
        parameters = point.dictionary.get_params(deep=False)
        trained = isinstance(point.dictionary, SparseAutoencoder)
        key = _key({name: parameters[name] for name in STREAM}) if trained else str(number)
        streams.setdefault(key, []).append(point)
    return groups + list(streams.values())


def _key(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, default=str)


def _learn_group(group: Sequence[Point], work: Work, progress: Progress) -> None:
    """Fit some points on one pass over the items, score them on what was held out, and keep them."""
    training = work.folder / _TRAINING
    trained = isinstance(group[0].dictionary, SparseAutoencoder)
    names = [point_name(point.swept) or type(point.dictionary).__name__ for point in group]
    board = None if work.tensorboard is None else TensorBoard(work.tensorboard, names)
    if trained:
        files.write_json(training / _GROUP, [_request(point, work) for point in group])
    log = JsonLines(training / LOG)
    begun, spent = time.perf_counter(), _seconds_spent(log.path)

    def log_with_time(record: Mapping[str, Any]) -> None:
        record = {**record, "seconds": round(spent + time.perf_counter() - begun, 3)}
        log(record)
        if board is not None:
            board(record)

    try:
        fit_together(
            [point.dictionary for point in group],
            work.source.values,
            None if work.target is None else work.target.values,
            left_out=work.left_out,
            checkpoint=training / _CHECKPOINT if trained else None,
            checkpoint_every=work.checkpoint_every,
            log=log_with_time,
            progress=part(progress, 0.0, 0.97),
        )
    except DictionaryError:
        if not (training / _CHECKPOINT).exists():  # nothing that a corrected command could go on from
            shutil.rmtree(training, ignore_errors=True)
            _remove_if_empty(work.folder)
        raise
    finally:
        if board is not None:
            board.close()
    seconds = spent + time.perf_counter() - begun
    held_out = work.source.take(work.left_out)
    wanted = None if work.target is None else work.target.take(work.left_out)
    lines = log.path.read_text("utf-8").splitlines() if log.path.exists() else []
    for number, point in enumerate(group):
        progress(0.97 + 0.03 * number / len(group), "scores on the items held out")
        record = {
            **_request(point, work),
            "version": sememe.__version__,
            "source": work.source.title,
            "scores": scores(point.dictionary, held_out, wanted),
            "seconds": seconds / len(group),
            "learned_together": len(group),
        }
        mine = [line for line in lines if json.loads(line)["dictionary"] == number]
        _keep(point, record, mine)
    shutil.rmtree(training, ignore_errors=True)


def _keep(point: Point, record: Mapping[str, Any], log: Iterable[str]) -> None:
    """The point's folder, in one rename."""
    with files.whole_folder(point.folder, may_hold=_MAY_HOLD) as partial:
        dictionaries.save(point.dictionary, partial)
        files.write_json(partial / RECORD, record)
        if lines := list(log):
            files.write_text(partial / LOG, "\n".join(lines) + "\n")


def scores(
    dictionary: Dictionary, x: np.ndarray, wanted: np.ndarray | None = None
) -> dict[str, float | None]:
    """FVU, mean number of components firing an item and share of dead ones; None where nothing is held out.

    Args:
        x: items ``(items, neurons)``.
        wanted: the later layer's items, of a transcoder.
    """
    if len(x) < 2:
        return {"fvu": None, "l0": None, "dead_fraction": None}
    codes = dictionary.transform(x)
    x_hat = dictionary.inverse_transform(codes) if wanted is None else dictionary.predict(x)
    found = {
        "fvu": measures.fvu(x if wanted is None else wanted, x_hat),
        "l0": measures.l0(codes),
        "dead_fraction": measures.dead_fraction(codes),
    }
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def _seconds_spent(log: Path) -> float:
    """What earlier processes spent on the training that this log is of."""
    if not log.exists():
        return 0.0
    lines = log.read_text("utf-8").splitlines()
    return max((json.loads(line).get("seconds", 0.0) for line in lines), default=0.0)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
