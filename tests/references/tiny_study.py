"""A study in a moment: three cells, of numbers that follow from the seeds.

As a program, ``python tiny_study.py FOLDER [CELL]`` makes it, and kills itself with SIGKILL within the cell
whose number is given: no cleanup runs, as when the power goes.
"""

import os
import signal
import sys
from dataclasses import dataclass

from sememe.explorer.markup import tag
from sememe.studies import Findings, Options, Study, run_study
from sememe.studies.cells import cell, gathered
from sememe.studies.page import Section
from sememe.studies.panels import Panel, series


@dataclass(frozen=True)
class Tiny(Study):
    """Squares of the networks' seeds."""

    killed_in: int = -1

    name = "tiny"
    title = "Tiny"
    question = "What are the squares?"

    @classmethod
    def configured(cls, options: Options) -> "Tiny":
        return cls(options.seed, options.quick, options.networks or 3, 1, ("none",), 1, 1)

    def as_json(self):
        return {key: value for key, value in super().as_json().items() if key != "killed_in"}

    def stages(self, folder, device):
        def squared(number, seed):
            def compute(progress):
                progress(0.5, f"seed {seed}")
                if number == self.killed_in:
                    os.kill(os.getpid(), signal.SIGKILL)
                return [{"seed": seed, "square": seed**2}]

            path = folder.cell(f"{seed}.parquet")
            return cell(path, f"square {seed}", f"square of {seed}", compute, seconds=1.0)

        return [squared(number, seed) for number, seed in enumerate(self.network_seeds())]

    def findings(self, folder):
        table = gathered(folder.cell(f"{seed}.parquet") for seed in self.network_seeds())
        points = [(row["seed"], row["square"], row["square"], row["square"]) for row in table.to_pylist()]
        panel = Panel("squares", "seed", "", (series("TopK SAE", "features", points),))
        sections = (Section("squares", "Squares", tag("p", "They are <drawn> elsewhere.")),)
        return Findings(table, ("They grow.", "Faster & faster."), sections, "| a |\n|---|", (panel,))


def tiny(killed_in: int = -1) -> Tiny:
    return Tiny(0, True, 3, 1, ("none",), 1, 1, killed_in=killed_in)


if __name__ == "__main__":
    run_study(tiny(int(sys.argv[2]) if len(sys.argv) > 2 else -1), sys.argv[1], device="cpu")
