"""Devices by name."""

import pytest
import torch

from sememe.errors import NetworkError
from sememe.networks import resolve_device


def test_auto_is_cuda_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NetworkError, match="cuda was asked for"):
        resolve_device("cuda")
    with pytest.raises(NetworkError, match="no device 'tpu'"):
        resolve_device("tpu")
