"""``python -m sememe.dictionaries.kernels``: compile the kernels now rather than in the first training."""

import time

from sememe.dictionaries.kernels.choose import warm_up

start = time.perf_counter()
print("Compiling the kernels, once; half a minute ...", flush=True)
warm_up()
print(f"Done in {time.perf_counter() - start:.0f} s.")
