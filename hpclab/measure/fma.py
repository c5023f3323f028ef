"""The kernel with which peak flop rates are measured: nothing but fused multiply-adds."""

from collections.abc import Callable
from typing import Any


def fma_chains(lanes: int, chains: int) -> Callable[[int], float]:
    """A compiled `run(steps)` that makes `2 * lanes * chains * steps` flop on float64.

    Each of the `chains` vectors of `lanes` numbers becomes x * 0.999 + 0.001, `steps` times.
    A chain waits for its last result, but no chain for another, so that with enough of them the
    units are never idle. It is written in LLVM's own language because from a loop the compiler
    may choose narrower vectors. `run` releases the GIL.
    """
    from llvmlite import ir
    from numba import njit, types
    from numba.extending import intrinsic

    vector, integer = ir.VectorType(ir.DoubleType(), lanes), ir.IntType(64)

    def every(value: float) -> Any:
        return ir.Constant(vector, [value] * lanes)

    def write(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        signature = ir.FunctionType(vector, [vector] * 3)
        fma = ir.Function(builder.module, signature, f"llvm.fmuladd.v{lanes}f64")
        builder.branch(loop)

        builder.position_at_end(loop)
        step = builder.phi(integer)
        sums = [builder.phi(vector) for _ in range(chains)]
        results = [builder.call(fma, [x, every(0.999), every(0.001)]) for x in sums]
        following = builder.add(step, integer(1))
        step.add_incoming(integer(0), before)
        step.add_incoming(following, loop)
        for i, (x, result) in enumerate(zip(sums, results, strict=True)):
            x.add_incoming(every(float(i)), before)  # equal chains would be merged into one
            x.add_incoming(result, loop)
        builder.cbranch(builder.icmp_signed("<", following, args[0]), loop, after)

        builder.position_at_end(after)
        total = results[0]
        for result in results[1:]:  # every chain is used, so none is optimised away
            total = builder.fadd(total, result)
        return builder.extract_element(total, ir.IntType(32)(0))

    def typed(_context: Any, steps: Any) -> Any:
        return types.float64(types.int64), write

    written: Any = intrinsic(typed)

    @njit("f8(i8)", nogil=True)
    def run(steps: Any) -> Any:
        return written(steps)

    return run
