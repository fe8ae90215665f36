"""The command line: quick to help, one sentence and exit code 2 on bad input."""

import signal
import subprocess
import sys
import time

import pytest


def sememe(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "sememe", *arguments], capture_output=True, text=True, timeout=120, **options
    )


def test_help_names_every_command_and_loads_no_torch():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sememe", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "run" in done.stdout
    for heavy in ("torch", "sklearn", "numba", "zarr", "plotly"):
        assert f" {heavy}\n" not in done.stderr, f"sememe --help imports {heavy}"


def test_help_takes_less_than_half_a_second():
    for _ in range(10):  # a busy machine delays most of them, not all
        start = time.perf_counter()
        assert sememe("--help").returncode == 0
        seconds = time.perf_counter() - start
        if seconds < 0.5:
            break
    assert seconds < 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum"], 'Did you mean "run"'),
        (["run", "mnist", "--quik"], "Did you mean --quick"),
        (["run", "mnist", "--seed", "one"], '"one"'),
        (["run", "imagenet"], "There is no recipe 'imagenet': choose one of mnist."),
        (["run", "--seed", "-1"], "The seed must be 0 or more, but -1 arrived"),
        (["run", "--run", "/dev/null/run"], "/dev/null/run cannot be made"),
        (["layers", "resnet"], "There is no network 'resnet'"),
        (["verdict", "/etc/passwd"], "/etc/passwd is not a run but a file: give the folder of a run."),
        (["explore", "nowhere"], "nowhere is not a run, since nothing is there"),
        (["import-dictionary", "nowhere", "--to", "here"], "nowhere"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(arguments, message, tmp_path):
    done = sememe(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_layers_lists_names_and_shapes():
    done = sememe("layers", "digit_cnn")
    assert done.returncode == 0
    for line in ("conv2 ", "map of 32 x", "fc1 ", "vector of 128", "logits"):
        assert line in done.stdout


def test_ctrl_c_ends_with_130_and_one_sentence_and_nothing_half_written(tmp_path):
    command = [sys.executable, "-m", "sememe", "run", "--run", str(tmp_path / "run")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background has them ignore the signal, and their children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert "train digit_mlp" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("Stopped. What is finished is kept: the same command goes on from there.\n")
    assert "Traceback" not in said
    assert not list(tmp_path.rglob(".partial-*"))


def test_a_reader_that_has_read_enough_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m sememe layers digit_cnn | head -1", shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""
