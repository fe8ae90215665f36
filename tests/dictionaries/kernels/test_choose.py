import numpy as np
import torch

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.choose import has_kernels_for, training_step
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import StepPlan, TopK
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.step import ReferenceStep


def _module(dtype=torch.float32):
    atoms = torch.randn(8, 4, generator=torch.Generator().manual_seed(0), dtype=dtype)
    atoms = torch.nn.functional.normalize(atoms, dim=1)
    return SAEModule(atoms, torch.zeros(8, dtype=dtype), atoms, torch.zeros(4, dtype=dtype), ReLU())


class _WithPlan:
    def plan(self):
        return StepPlan(TopK(2))

    def __call__(self, module, x, dead, fraction):
        return PlanObjective(self.plan())(module, x, dead, fraction)


def test_planned_objectives_on_the_processor_get_the_kernels():
    assert isinstance(training_step(_module(), _WithPlan(), None), FastStep)


def test_other_objectives_and_other_precisions_get_torch():
    assert isinstance(training_step(_module(), lambda *_: None, None), ReferenceStep)
    assert isinstance(training_step(_module(torch.float64), _WithPlan(), None), ReferenceStep)


def test_modules_with_more_parameters_have_no_kernels():
    module = _module()
    assert has_kernels_for(module)
    module.W_skip = torch.nn.Parameter(torch.zeros(4, 4))
    assert not has_kernels_for(module)


def test_bytes_are_not_used_when_numba_compiles_for_another_processor(monkeypatch):
    monkeypatch.setattr(integer_product.CONFIG, "CPU_NAME", "generic")
    integer_product.is_supported.cache_clear()
    try:
        assert not integer_product.is_supported()
    finally:
        integer_product.is_supported.cache_clear()


def test_the_fast_step_updates_the_module_itself():
    module = _module()
    before = module.W_enc.detach().clone()
    step = training_step(module, _WithPlan(), None)
    step.step(torch.from_numpy(np.random.default_rng(0).standard_normal((20, 4), dtype=np.float32)), 0.1)
    assert not torch.equal(module.W_enc, before)
