"""Seconds and accuracy of training the digit CNN: a plain PyTorch loop against ours, on real MNIST.

usage: python benchmarks/train_digit_cnn.py [--seeds N] [--threads N] [--plain-epochs N]

Each training runs in a process of its own, plain and ours in turn, so that both pay for what a fresh process
pays (code generated for each shape, memory first touched) and share whatever else the machine does.

The plain loop is what one writes first: the same network from the same initial weights in the ordinary
contiguous layout, float32, Adam at 1e-3, batches of 64, images in 0..1 as one float tensor. The *test* images
tell it when to stop, at the end of the first epoch that reaches 99.2 %; ours gets no such help: its length
was fixed on a development split. Times leave out loading the images and testing; "process" has both in it.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time

TARGETS = (0.990, 0.992)


def main() -> None:
    """Run all trainings and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 .. N-1 (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch threads (default 2)")
    parser.add_argument(
        "--plain-epochs", type=int, default=12, help="give up on the plain loop after so many"
    )
    parser.add_argument("--one", nargs=2, metavar=("WHO", "SEED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        who, seed = options.one
        print(json.dumps(measure(who, int(seed), options.threads, options.plain_epochs)))
        return
    found: dict[str, list[dict]] = {"plain": [], "ours": []}
    for seed in range(options.seeds):
        for who, results in found.items():
            results.append(in_a_process_of_its_own(who, seed, options))
            print(f"seed {seed} {who}: {json.dumps(results[-1])}", file=sys.stderr)
    print_table(found, options.threads)


def in_a_process_of_its_own(who: str, seed: int, options: argparse.Namespace) -> dict:
    """What one training measured, and the wall time of its whole process."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--one", who, str(seed)]
    command += ["--threads", str(options.threads), "--plain-epochs", str(options.plain_epochs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout) | {"process": time.perf_counter() - start}


def measure(who: str, seed: int, threads: int, plain_epochs: int) -> dict:
    """One training in this process: seconds without loading MNIST and without the test images."""
    import torch

    from sememe import images, networks

    torch.set_num_threads(threads)
    train, test = images.mnist("train"), images.mnist("test")
    net = networks.digit_cnn(seed=seed)
    if who == "plain":
        return plain_loop(net, train, test, seed, plain_epochs)
    start = time.perf_counter()
    networks.train(net, train, seed=seed, device="cpu")
    seconds = time.perf_counter() - start
    accuracy = networks.evaluate(net, test).accuracy
    return {
        "seconds": seconds,
        "accuracy": accuracy,
        **{f"to {t}": seconds for t in TARGETS if accuracy >= t},
    }


def plain_loop(net, train, test, seed: int, epochs: int) -> dict:
    """The first loop one writes, until it has reached the last target."""
    import torch

    from sememe import networks

    net.to(memory_format=torch.contiguous_format).train()
    pixels, labels = torch.from_numpy(train.floats()), torch.tensor(train.labels)
    generator = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    found: dict[str, float] = {}
    seconds = accuracy = 0.0
    for _ in range(epochs):
        for rows in torch.randperm(len(labels), generator=generator).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows]).backward()
            optimiser.step()
        seconds += time.perf_counter() - start
        accuracy = networks.evaluate(net, test).accuracy
        for target in TARGETS:
            if accuracy >= target:
                found.setdefault(f"to {target}", seconds)
        if len(found) == len(TARGETS):
            break
        start = time.perf_counter()
    return {"seconds": seconds, "accuracy": accuracy, **found}


def print_table(found: dict[str, list[dict]], threads: int) -> None:
    """Mean accuracy, median seconds over seeds, and how many times as fast ours is."""
    import torch

    import sememe

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{processor()}, {cores} cores, {threads} threads; Python {platform.python_version()}, ")
    print(
        f"torch {torch.__version__}, sememe {sememe.__version__}; {len(found['ours'])} seeds, median seconds"
    )
    print(f"{'':8}{'accuracy':>18}{'training':>11}{'to 99.0 %':>12}{'to 99.2 %':>12}{'process':>10}")
    times: dict[str, dict[str, float]] = {}
    for who, results in found.items():
        accuracies = [100 * result["accuracy"] for result in results]
        spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
        times[who] = {
            key: statistics.median(result.get(key, math.inf) for result in results)
            for key in ("seconds", *(f"to {target}" for target in TARGETS), "process")
        }
        cells = "".join(
            f"{shown(t):>{width}}" for t, width in zip(times[who].values(), (11, 12, 12, 10), strict=True)
        )
        print(f"{who:8}{statistics.mean(accuracies):10.2f} +- {spread:4.2f}{cells}")
    for target in TARGETS:
        plain, ours = (times[who][f"to {target}"] for who in ("plain", "ours"))
        if math.isfinite(plain) and math.isfinite(ours):
            print(f"to {target:.1%}: ours is {plain / ours:.1f} times as fast")


def shown(number: float) -> str:
    """A number, or that it never came to it."""
    return f"{number:.1f}" if math.isfinite(number) else "never"


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    main()
