"""The inner tile of an 8-bit matrix product, for processors with AVX-512 VNNI.

Training needs the encoder's product only to know which few components of an item are its largest; their
values are then computed exactly. An 8-bit product finds candidates for that at twice the speed of one in
bf16 and five times that of fp32. The one instruction it takes, ``vpdpbusd`` (16 sums of 4 products of an
unsigned by a signed byte), has no name in numba, so the tile is written in LLVM's language here.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import functools
import os
from typing import Any

import llvmlite.binding  # type: ignore[import-untyped]
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from sememe.dictionaries.kernels.compiled import CONFIG

# A tile is TILE_ROWS items by TILE_COLUMNS components: 24 of the 32 vector registers hold its sums, 4 the
# components' bytes and the rest an item's, repeated.
TILE_ROWS = 6
TILE_VECTORS = 4
TILE_COLUMNS = 16 * TILE_VECTORS

_INSTRUCTION = "llvm.x86.avx512.vpdpbusd.512"


@functools.cache
def is_supported() -> bool:
    """Whether numba, as it is configured, compiles for a processor that has the instruction."""
    if CONFIG.DISABLE_JIT or CONFIG.CPU_NAME or CONFIG.CPU_FEATURES:
        return False
    features = llvmlite.binding.get_host_cpu_features()
    return bool(features.get("avx512vnni") and features.get("avx512f")) and os.name == "posix"


@intrinsic
def multiply_tile(typing_context, items, stride, components, steps, sums, sums_stride):
    """``sums = items @ components`` for one tile, all memory given by address.

    ``items``: TILE_ROWS rows of unsigned bytes, ``stride`` bytes apart. ``components``: for every step of
    4 neurons, 4 signed bytes of each of TILE_COLUMNS components, aligned to 64 bytes. ``sums``: TILE_ROWS
    rows of int32, ``sums_stride`` bytes apart. ``steps`` is at least 1.
    """
    signature = types.void(types.uintp, types.intp, types.uintp, types.intp, types.uintp, types.intp)
    return signature, _emit_tile


def _emit_tile(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    items, stride, components, steps, sums, sums_stride = arguments
    int32, word = ir.IntType(32), items.type
    vector = ir.VectorType(int32, 16)
    undefined, zeros = ir.Constant(vector, ir.Undefined), ir.Constant(vector, [0] * 16)
    multiply_add = builder.module.globals.get(_INSTRUCTION) or ir.Function(
        builder.module, ir.FunctionType(vector, [vector] * 3), _INSTRUCTION
    )

    def at(base: Any, offset: Any, kind: Any) -> Any:
        return builder.inttoptr(builder.add(base, offset), kind.as_pointer())

    def number(value: int) -> Any:
        return ir.Constant(word, value)

    rows = [builder.add(items, builder.mul(stride, number(r))) for r in range(TILE_ROWS)]
    before = builder.block
    loop = builder.append_basic_block("step")
    after = builder.append_basic_block("store")
    builder.branch(loop)

    builder.position_at_end(loop)
    step = builder.phi(word)
    step.add_incoming(number(0), before)
    running = [builder.phi(vector) for _ in range(TILE_ROWS * TILE_VECTORS)]
    for total in running:
        total.add_incoming(zeros, before)
    block = builder.add(components, builder.mul(step, number(64 * TILE_VECTORS)))
    columns = [builder.load(at(block, number(64 * v), vector), align=64) for v in range(TILE_VECTORS)]
    totals = []
    for r in range(TILE_ROWS):
        four_bytes = builder.load(at(rows[r], builder.mul(step, number(4)), int32), align=4)
        first = builder.insert_element(undefined, four_bytes, ir.Constant(int32, 0))
        repeated = builder.shuffle_vector(first, undefined, zeros)
        for v in range(TILE_VECTORS):
            totals.append(builder.call(multiply_add, [running[r * TILE_VECTORS + v], repeated, columns[v]]))
    following = builder.add(step, number(1))
    step.add_incoming(following, loop)
    for total, updated in zip(running, totals, strict=True):
        total.add_incoming(updated, loop)
    builder.cbranch(builder.icmp_signed("<", following, steps), loop, after)

    builder.position_at_end(after)
    for r in range(TILE_ROWS):
        row = builder.add(sums, builder.mul(sums_stride, number(r)))
        for v in range(TILE_VECTORS):
            builder.store(totals[r * TILE_VECTORS + v], at(row, number(64 * v), vector), align=4)
    return context.get_dummy_value()
