"""The inner tile of an 8-bit matrix product, for processors with AVX-512 VNNI.

Training needs the encoder's product only to know which few components of an item are its largest; their
values are then computed exactly. An 8-bit product finds candidates for that at twice the speed of one in
bf16 and five times that of fp32. The one instruction it takes, ``vpdpbusd`` (16 sums of 4 products of an
unsigned by a signed byte), has no name in numba, so the tile is written in LLVM's language here. What the
sums mean, and the maxima that the selection wants, are worked out while they are still in registers.
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
from sememe.dictionaries.kernels.vectors import repeated

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
def multiply_tile(
    typing_context, items, stride, scales, margins, components, steps, numbers, upper, upper_stride,
    maxima, maxima_stride,
):  # fmt: skip
    """One tile of ``items @ components``, all memory given by address and all strides in bytes.

    ``items``: TILE_ROWS rows of unsigned bytes. ``scales`` and ``margins``: a float32 for each row.
    ``components``: for every step of 4 neurons, 4 signed bytes of each of TILE_COLUMNS components, aligned
    to 64 bytes. ``steps`` is at least 1. ``numbers``: TILE_COLUMNS int32 that sums start from, and as many
    float32 scales and biases, aligned.

    Fills TILE_ROWS rows of ``upper``, float32: what a value ``sum * scales[row] * scale + bias`` may reach,
    its row's margin added. Raises rows of ``maxima`` to what they surely reach, the margin subtracted.
    """
    word, address = types.intp, types.uintp
    signature = types.void(
        address, word, address, address, address, word, address, address, word, address, word
    )
    return signature, _emit_tile


def _emit_tile(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    items, stride, scales, margins, components, steps, numbers, upper, upper_stride, maxima, maxima_stride = (
        arguments
    )
    int32, float32, word = ir.IntType(32), ir.FloatType(), items.type
    integers, floats = ir.VectorType(int32, 16), ir.VectorType(float32, 16)
    multiply_add = builder.module.globals.get(_INSTRUCTION) or ir.Function(
        builder.module, ir.FunctionType(integers, [integers] * 3), _INSTRUCTION
    )

    def number(value: int) -> Any:
        return ir.Constant(word, value)

    def at(base: Any, offset: Any, kind: Any) -> Any:
        return builder.inttoptr(builder.add(base, offset), kind.as_pointer())

    def load(base: Any, offset: Any, kind: Any, align: int) -> Any:
        return builder.load(at(base, offset, kind), align=align)

    rows = [builder.add(items, builder.mul(stride, number(r))) for r in range(TILE_ROWS)]
    columns = range(TILE_VECTORS)
    starts = [load(numbers, number(64 * v), integers, 64) for v in columns]
    before = builder.block
    loop = builder.append_basic_block("step")
    after = builder.append_basic_block("finish")
    builder.branch(loop)

    builder.position_at_end(loop)
    step = builder.phi(word)
    step.add_incoming(number(0), before)
    running = [builder.phi(integers) for _ in range(TILE_ROWS * TILE_VECTORS)]
    for index, total in enumerate(running):
        total.add_incoming(starts[index % TILE_VECTORS], before)
    block = builder.add(components, builder.mul(step, number(4 * TILE_COLUMNS)))
    bytes_ = [load(block, number(64 * v), integers, 64) for v in columns]
    totals = []
    for r in range(TILE_ROWS):
        four_bytes = repeated(builder, integers, load(rows[r], builder.mul(step, number(4)), int32, 4))
        for v in columns:
            totals.append(builder.call(multiply_add, [running[r * TILE_VECTORS + v], four_bytes, bytes_[v]]))
    following = builder.add(step, number(1))
    step.add_incoming(following, loop)
    for total, updated in zip(running, totals, strict=True):
        total.add_incoming(updated, loop)
    builder.cbranch(builder.icmp_signed("<", following, steps), loop, after)

    builder.position_at_end(after)
    column_scales = [load(numbers, number(4 * TILE_COLUMNS + 64 * v), floats, 64) for v in columns]
    biases = [load(numbers, number(8 * TILE_COLUMNS + 64 * v), floats, 64) for v in columns]
    for r in range(TILE_ROWS):
        scale = repeated(builder, floats, load(scales, number(4 * r), float32, 4))
        margin = repeated(builder, floats, load(margins, number(4 * r), float32, 4))
        to_upper = builder.add(upper, builder.mul(upper_stride, number(r)))
        to_maxima = builder.add(maxima, builder.mul(maxima_stride, number(r)))
        for v in columns:
            total = builder.sitofp(totals[r * TILE_VECTORS + v], floats)
            scaled = builder.fmul(total, builder.fmul(scale, column_scales[v]), flags=["contract"])
            value = builder.fadd(scaled, biases[v], flags=["contract"])
            builder.store(builder.fadd(value, margin), at(to_upper, number(64 * v), floats), align=4)
            sure, raised = builder.fsub(value, margin), at(to_maxima, number(64 * v), floats)
            highest = builder.load(raised, align=4)
            larger = builder.fcmp_ordered(">", sure, highest)
            builder.store(builder.select(larger, sure, highest), raised, align=4)
    return context.get_dummy_value()
