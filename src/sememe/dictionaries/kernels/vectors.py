"""What one looks at a panel of PANEL numbers with, in a few instructions: comparisons as bits of a word.

numba has no words for these, so they are written in LLVM's language; on a processor without wide vectors they
become more instructions, and remain right.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

# Numbers looked at together: a bit each in a 64-bit word. Rows are filled up to whole panels with -inf.
PANEL = 64
# And where there are but few.
FEW = 16


def padded_length(n_components: int) -> int:
    """Length of a row that is filled up to whole panels."""
    return -(-n_components // PANEL) * PANEL


def _address(context: Any, builder: Any, kind: Any, array: Any, start: Any, lanes: int) -> Any:
    """Pointer to the vector ``array[start : start + lanes]``."""
    data = context.make_array(kind)(context, builder, array).data
    vector = ir.VectorType(context.get_value_type(kind.dtype), lanes)
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def repeated(builder: Any, vector: Any, value: Any) -> Any:
    """A vector that holds one value throughout."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, undefined, zeros)


@intrinsic
def raise_maxima(typing_context, maxima, slot, values, start):
    """``maxima[slot + j] = max(maxima[slot + j], values[start + j])`` over a panel; NaN is passed by."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        align = values.dtype.bitwidth // 8
        target = _address(context, builder, maxima, arguments[0], arguments[1], PANEL)
        source = _address(context, builder, values, arguments[2], arguments[3], PANEL)
        entries, before = builder.load(source, align=align), builder.load(target, align=align)
        larger = builder.fcmp_ordered(">", entries, before)
        builder.store(builder.select(larger, entries, before), target, align=align)
        return context.get_dummy_value()

    return types.void(maxima, types.intp, values, types.intp), emit


def _comparison(sign: str, lanes: int, what: str) -> Any:
    def compare(typing_context, values, start, threshold):
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source = _address(context, builder, values, arguments[0], arguments[1], lanes)
            entries = builder.load(source, align=values.dtype.bitwidth // 8)
            held = builder.fcmp_ordered(sign, entries, repeated(builder, entries.type, arguments[2]))
            bits = builder.bitcast(held, ir.IntType(lanes))
            return bits if lanes == 64 else builder.zext(bits, ir.IntType(64))

        return types.uint64(values, types.intp, values.dtype), emit

    compare.__doc__ = (
        f"Which of ``values[start : start + {lanes}]`` {what}, as a word's bits; NaN never does."
    )
    return intrinsic(compare)


reaching = _comparison(">=", PANEL, "reach a threshold")
few_reaching = _comparison(">=", FEW, "reach a threshold")
few_above = _comparison(">", FEW, "are above a threshold")


@intrinsic
def largest_below(typing_context, values, panels, bound):
    """The largest number below ``bound`` in some panels of ``values``; -inf if there is none."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(values.dtype)
        vector = ir.VectorType(kind, PANEL)
        name = f"llvm.vector.reduce.fmax.v{PANEL}f{values.dtype.bitwidth}"
        reduce = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(kind, [vector]), name
        )
        lowest = ir.Constant(vector, [ir.Constant(kind, float("-inf"))] * PANEL)
        bound = repeated(builder, vector, arguments[2])
        word = arguments[1].type
        before = builder.block
        loop = builder.append_basic_block("panel")
        after = builder.append_basic_block("reduce")
        builder.branch(loop)
        builder.position_at_end(loop)
        panel, running = builder.phi(word), builder.phi(vector)
        panel.add_incoming(ir.Constant(word, 0), before)
        running.add_incoming(lowest, before)
        start = builder.mul(panel, ir.Constant(word, PANEL))
        source = _address(context, builder, values, arguments[0], start, PANEL)
        entries = builder.load(source, align=values.dtype.bitwidth // 8)
        below = builder.and_(
            builder.fcmp_ordered("<", entries, bound), builder.fcmp_ordered(">", entries, running)
        )
        raised = builder.select(below, entries, running)
        following = builder.add(panel, ir.Constant(word, 1))
        panel.add_incoming(following, loop)
        running.add_incoming(raised, loop)
        builder.cbranch(builder.icmp_signed("<", following, arguments[1]), loop, after)
        builder.position_at_end(after)
        return builder.call(reduce, [raised], fastmath=["nnan", "nsz"])

    return values.dtype(values, types.intp, values.dtype), emit


@intrinsic
def lowest_bit(typing_context, word):
    """Position of the lowest set bit of a word, PANEL where it has none."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), emit


@intrinsic
def count_bits(typing_context, word):
    """How many bits of a word are set."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), emit


@intrinsic
def from_bits(typing_context, like, bits):
    """The number of ``like``'s kind (an array's) that is written as ``bits``."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(like.dtype.bitwidth)
        number = arguments[1] if integer.width == 64 else builder.trunc(arguments[1], integer)
        return builder.bitcast(number, context.get_value_type(like.dtype))

    return like.dtype(like, types.uint64), emit
