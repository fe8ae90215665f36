"""Material that lacks something is judged by what is left, and it is said; what does not fit is named."""

import dataclasses

import numpy as np
import pytest

from references.small_net import LIMITS, SmallNet, planted, split_of, unit_sets
from sememe import dictionaries, judging
from sememe.errors import ActivationsError, MeasureError
from sememe.judging import Split, UnitSet
from sememe.measures import resample


def judged(net, material, sets=unit_sets, layer="hidden"):
    subject = judging.subject(net, layer, material, limits=LIMITS, device="cpu")
    return judging.judge_layer([subject], [sets(subject)]).table


def relabelled(split: Split, labels) -> Split:
    names = () if labels is None else ("a", "b", "c", "d")
    images = dataclasses.replace(split.images, labels=labels, label_names=names)
    return dataclasses.replace(split, images=images)


def measured(table):
    return {row.measure.partition("[")[0] for row in table.rows}


def test_one_class_leaves_out_selectivity_and_says_so(net, material):
    splits = {
        name: relabelled(split, np.zeros(len(split.images), np.int64))
        for name, split in {"development": material.development, "report": material.report}.items()
    }
    table = judged(net, dataclasses.replace(material, **splits))
    assert (
        "images of one class only: selectivity, generality and targeted removal are left out"
        in (table.notes["hidden"])
    )
    assert not {"class_selectivity", "generality", "targeted_removal"} & measured(table)
    assert {"simulation_score", "flip_rate", "concept_share"} <= measured(table)
    assert all(np.isfinite(row.value) for row in table.select(at="own"))


def test_development_without_labels_leaves_out_what_is_chosen_by_them(net, material):
    table = judged(net, dataclasses.replace(material, development=relabelled(material.development, None)))
    assert "no labels to choose units by: targeted removal is left out" in table.notes["hidden"]
    assert "targeted_removal" not in measured(table)
    assert "class_selectivity" in measured(table)


def test_a_dead_dictionary_is_a_row_of_numbers_beside_the_neurons(net, material):
    def sets(subject):
        items = subject.items["layer"].development
        dead = dictionaries.TopKSAE(n_components=12, k=3, n_epochs=1).fit(items)
        dead.module_.W_enc.data[:] = 0
        dead.module_.b_enc.data[:] = -1
        neurons = dictionaries.Neurons().fit(items)
        return [
            UnitSet("neurons", "neurons", {"k": 8}, neurons),
            UnitSet("dead", "features", {"k": 3}, dead, whole=True),
        ]

    table = judged(net, material, sets)
    rows = table.select(at="own", unit_set="dead")
    assert {row.dead for row in rows} == {12}
    assert all(np.isfinite(row.value) for row in rows)
    assert all(np.isnan(row.alive) for row in rows if row.measure == "dominant_mass")


def test_atoms_that_are_not_finite_are_named(hidden):
    found = unit_sets(hidden)[1]
    found.dictionary.components_[2, 1] = np.nan
    with pytest.raises(MeasureError, match=rf"1 of \d+ atoms of {found.family} .* hold NaN or infinite"):
        dataclasses.replace(found)


def test_a_network_that_gives_nan_is_named(material):
    broken = SmallNet()
    broken.hidden[0].bias.data[0] = float("nan")
    with pytest.raises(
        ActivationsError, match=r"Layer 'hidden' .* NaN or infinite. Check the network's weights"
    ):
        judged(broken, material)
    broken = SmallNet()
    broken.logits.bias.data[0] = float("nan")
    with pytest.raises(MeasureError, match="of the logits are NaN"):
        judged(broken, material)


def test_what_is_known_of_other_images_is_named(material):
    split = split_of(planted(30, 1))
    with pytest.raises(MeasureError, match=r"embeddings of 25 images, but planted-1 holds 30"):
        dataclasses.replace(split, embeddings=split.embeddings[:25])
    with pytest.raises(MeasureError, match=r"concepts of 30 images, but .* holds 20"):
        dataclasses.replace(split, images=split.images[:20], embeddings=split.embeddings[:20])


def test_a_resampling_of_other_images_is_named(net, material):
    with pytest.raises(MeasureError, match="0 to 159, but 100 images are resampled"):
        judged(net, dataclasses.replace(material, resampling=resample(100, replicates=20)))
