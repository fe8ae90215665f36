"""One tiny run that the tests of this folder look at."""

import pytest

from references import tiny_run
from sememe.runs import run


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    run(tiny_run.tiny(), folder, device="cpu", command="sememe run tiny")
    return folder
