"""What it costs and gains if OpenMP's threads sleep between two pieces of work instead of spinning.

    python benchmarks/wait_policy.py [--cores 0 1] [--rounds 3] [--busy 0] [--work W1 W2 cnn mlp]

Each line is milliseconds a training step: of a TopK dictionary (``train_step.py`` has the sizes), of the
digit CNN and of the digit MLP in plain torch, batch 128, on two threads pinned to two cores. ``default`` is
OpenMP's own policy, ``passive`` is OMP_WAIT_POLICY=PASSIVE. Each measurement is a process of its own, since
the policy is read when the library is loaded, and the two take turns. With ``--busy N``, N processes that do
nothing but use up their core run on each of the cores beside it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

POLICIES: dict[str, dict[str, str]] = {"default": {}, "passive": {"OMP_WAIT_POLICY": "PASSIVE"}}
WORKS = ("W1", "W2", "cnn", "mlp")
BATCH = 128

# Seconds of steps, and steps at least.
SECONDS, LEAST = 1.5, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", nargs=2, type=int, default=[0, 1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0, help="busy processes on each core")
    parser.add_argument("--work", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--one", choices=WORKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(milliseconds(given.one))
        return
    os.sched_setaffinity(0, given.cores)
    busy = [
        subprocess.Popen(["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"])
        for core in given.cores * given.busy
    ]
    try:
        print("| | default | passive | passive / default |\n|---|---|---|---|")
        for work in given.work:
            found: dict[str, list[float]] = {policy: [] for policy in POLICIES}
            for number in range(given.rounds):
                for policy in list(POLICIES)[:: 1 if number % 2 else -1]:
                    found[policy].append(apart(work, POLICIES[policy]))
            middle = {policy: median(times) for policy, times in found.items()}
            ratio = middle["passive"] / middle["default"]
            print(f"| {work} | {middle['default']:.2f} | {middle['passive']:.2f} | {ratio:.2f} |", flush=True)
    finally:
        for process in busy:
            process.kill()


def apart(work: str, policy: dict[str, str]) -> float:
    """Milliseconds a step in a process of its own that begins with this policy."""
    told = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}
    kept = {name: value for name, value in os.environ.items() if name not in told}
    threads = {"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2"}
    command = [sys.executable, __file__, "--one", work]
    done = subprocess.run(command, env=kept | threads | policy, capture_output=True, text=True, check=True)
    return float(done.stdout)


def milliseconds(work: str) -> float:
    """The mean of a step, over a second and a half of them."""
    step = dictionary_step(work) if work.startswith("W") else network_step(work)
    for _ in range(3):
        step()
    begin, steps = time.perf_counter(), 0
    while steps < LEAST or time.perf_counter() - begin < SECONDS:
        step()
        steps += 1
    return 1e3 * (time.perf_counter() - begin) / steps


def dictionary_step(work: str) -> Callable[[], object]:
    import torch

    import train_step

    batch, neurons, components, k = train_step.WORKS[work]
    torch.set_num_threads(2)
    step = train_step.make_step(neurons, components, k)
    x = torch.randn(batch, neurons, generator=torch.Generator().manual_seed(1))
    return lambda: step(x)


def network_step(work: str) -> Callable[[], object]:
    import torch

    from sememe import networks

    torch.set_num_threads(2)
    net = networks.digit_cnn(seed=0) if work == "cnn" else networks.digit_mlp(seed=0)
    net.train()
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(BATCH, 1, 28, 28, generator=generator)
    labels = torch.randint(0, 10, (BATCH,), generator=generator)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), labels).backward()
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
