"""Reading and editing LLVM's text: loops, types, operands, and accesses of vectors."""

import ctypes
from collections.abc import Callable

import llvmlite.binding as llvm
import numpy as np
import pytest

from hpclab.count.access import accesses, call, frame, value_of
from hpclab.count.build import _closed, _reason_to_refuse
from hpclab.count.cache import (
    _ACCESSES,
    _BYTES,
    _FIRST,
    _MISSES,
    CacheLevel,
    _SimulatingBuild,
    _state,
)
from hpclab.count.ir import Function, inner_loops, lanes_and_bytes, operands, parse
from hpclab.count.tally import Sheet, tally

NESTED = """
define void @f(i64 %n) {
entry:
  br label %outer

outer:                                            ; preds = %after, %entry
  br label %"inner loop"

"inner loop":                                     ; preds = %half, %outer
  switch i64 %n, label %half [
    i64 0, label %after
    i64 1, label %half
  ]

half:
  br i1 true, label %"inner loop", label %after

after:
  br i1 true, label %outer, label %self

self:
  br i1 true, label %self, label %done

done:
  ret void
}
declare double @llvm.exp.f64(double)
"""

# Loads under %m from %p, gathers through %p, and writes both back to %q.
VECTORS = """
define void @f(ptr %p, ptr %q, ptr %bits) {
  %raw = load <4 x i8>, ptr %bits
  %m = trunc <4 x i8> %raw to <4 x i1>
  %a = call <4 x double> @llvm.masked.load.v4f64.p0(ptr align 8 %p, <4 x i1> %m,
    <4 x double> zeroinitializer)
  %places = getelementptr double, ptr %p, <4 x i64> <i64 0, i64 64, i64 128, i64 192>
  %b = call <4 x double> @llvm.masked.gather.v4f64.v4p0(<4 x ptr> align 8 %places,
    <4 x i1> %m, <4 x double> zeroinitializer)
  %sum = fadd <4 x double> %a, %b
  call void @llvm.masked.store.v4f64.p0(<4 x double> %sum, ptr align 8 %q, <4 x i1> %m)
  ret void
}
declare <4 x double> @llvm.masked.load.v4f64.p0(ptr, <4 x i1>, <4 x double>)
declare <4 x double> @llvm.masked.gather.v4f64.v4p0(<4 x ptr>, <4 x i1>, <4 x double>)
declare void @llvm.masked.store.v4f64.p0(<4 x double>, ptr, <4 x i1>)
""".replace(",\n    ", ", ")


def functions(text: str) -> list[Function]:
    return [part for part in parse(text) if isinstance(part, Function)]


def run(text: str, rewrite: Callable[[str], str], *arrays: np.ndarray) -> None:
    """Compile the rewritten module and call its function @f."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(rewrite(text))
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine()
    with llvm.create_mcjit_compiler(module, machine) as engine:
        engine.finalize_object()
        address = engine.get_function_address("f")
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
        kind(address)(*[array.ctypes.data for array in arrays])


def test_text_goes_in_and_comes_out() -> None:
    found = functions(NESTED)
    assert [block.label for block in found[0].blocks][:3] == ["entry", "outer", '"inner loop"']
    again = "\n".join(map(str, parse(NESTED)))
    assert str(llvm.parse_assembly(again)) == str(llvm.parse_assembly(NESTED))


def test_innermost_loops() -> None:
    assert inner_loops(functions(NESTED)[0]) == [{'"inner loop"', "half"}, {"self"}]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("double", (1, 8)),
        ("<8 x float>", (8, 4)),
        ("<4 x ptr>", (4, 8)),
        ("i1", (1, 1)),
        ("[3 x i64]", (1, 24)),
        ("{ ptr, i64 }", (1, 16)),
    ],
)
def test_sizes_of_types(kind: str, expected: tuple[int, int]) -> None:
    assert lanes_and_bytes(kind) == expected


def test_operands_are_cut_at_outer_commas() -> None:
    text = '<2 x i64> <i64 1, i64 2>, ptr getelementptr (i8, ptr @"a,b", i64 8), align 8'
    assert operands(text) == [
        "<2 x i64> <i64 1, i64 2>",
        'ptr getelementptr (i8, ptr @"a,b", i64 8)',
        "align 8",
    ]
    assert value_of("ptr noundef align 8 dereferenceable(64) %p") == "%p"
    assert value_of("<4 x i1> splat (i1 true)") == "splat (i1 true)"
    assert value_of("i64 64") == "64"


def test_the_frame_is_not_data() -> None:
    function = functions(
        """
define i32 @f(ptr %retptr.1, ptr %excinfo, ptr %data) {
  %slot = alloca double, align 8
  %part = getelementptr i8, ptr %slot, i64 8
  %info = tail call noalias ptr @NRT_MemInfo_alloc_aligned(i64 8, i32 32)
  %field = getelementptr i8, ptr %info, i64 24
  %array = load ptr, ptr %field
  ret i32 0
}"""
    )[0]
    inside = frame(function)
    assert inside == {"%retptr.1", "%excinfo", "%slot", "%part", "%info", "%field"}
    assert accesses("store double 1.0, ptr %part, align 8", inside) == []
    assert accesses("%x = load double, ptr %array, align 8", inside)[0].size == 8
    assert (
        accesses("store volatile <2 x double> <double 1.0, double 2.0>, ptr %data", inside)[0].lanes
        == 2
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%x = fadd reassoc nsz <4 x double> %a, %b", {"flops": 4, "packed_flops": 4}),
        ("%x = fneg double %a", {}),
        ("%x = tail call double @llvm.fma.f64(double %a, double %b, double %c)", {"flops": 2}),
        ("%x = call <8 x float> @llvm.exp.v8f32(<8 x float> %a)", {"calls": 8}),
        ("%x = call double @llvm.fabs.f64(double %a)", {}),
        ("%x = call float @llvm.vector.reduce.fadd.v4f32(float 0.0, <4 x float> %a)", {"flops": 4}),
        ("%x = tail call i32 (ptr, ...) @user_function(ptr %a)", {"calls": 1}),
        ("tail call void @NRT_incref(ptr %a)", {}),
        ("%x = call noalias ptr @NRT_MemInfo_alloc_aligned(i64 1, i32 32)", {"allocations": 1}),
        ("%x = call i32 %pointer(ptr %a)", {"calls": 1}),
    ],
)  # fmt: skip
def test_what_a_line_counts(line: str, expected: dict[str, int]) -> None:
    assert tally(line) == {"instructions": 1, **expected}


@pytest.mark.parametrize(
    "line", ["%x = phi i64 [ 0, %a ]", "call void @llvm.lifetime.start.p0(ptr %a)"]
)
def test_what_is_no_instruction(line: str) -> None:
    assert tally(line) == {}


def test_names_of_intrinsics_lose_their_types() -> None:
    one = call("%x = call <4 x double> @llvm.masked.gather.v4f64.v4p0(<4 x ptr> %p, i32 8)")
    assert one
    assert one.name == "llvm.masked.gather"


def test_threads_count_with_atomics() -> None:
    assert "atomicrmw" not in Sheet().rewrite(NESTED)
    text = Sheet().rewrite(NESTED + "declare void @numba_parallel_for(ptr)\n")
    llvm.parse_assembly(text).verify()
    assert text.count("atomicrmw add") == 7
    assert "store" not in text


@pytest.mark.parametrize("bits", [0b0000, 0b0101, 0b1111])
def test_masked_lanes_are_counted_one_by_one(bits: int) -> None:
    mask = np.array([bits >> lane & 1 for lane in range(4)], np.uint8)
    sheet = Sheet()
    data, out = np.arange(200.0), np.zeros(4)
    run(VECTORS, sheet.rewrite, data, out, mask)
    assert np.array_equal(out, np.where(mask, data[:4] + data[:193:64], 0))
    found, lanes = sheet.totals(), int(mask.sum())
    # The mask itself is a vector of four bytes.
    assert (found["loads"], found["bytes_loaded"]) == (4 + 2 * lanes, 4 + 16 * lanes)
    assert (found["stores"], found["bytes_stored"]) == (lanes, 8 * lanes)
    assert (found["flops"], found["packed_flops"]) == (4, 4)


def test_masked_lanes_miss_one_by_one() -> None:
    build = _SimulatingBuild(lambda: None)
    state = _state((CacheLevel(1024, 2),), 64)
    build.state_of[0] = state.ctypes.data
    memory = np.zeros(4096, np.float64)
    memory = memory[-memory.ctypes.data // 8 % 512 :]  # starts a page
    mask = memory[512:].view(np.uint8)
    mask[:4] = [1, 0, 1, 1]
    run(VECTORS, build._edit, memory, memory[1024:], mask)
    # The mask's line; one for three neighbours, who bring in the first of the three gathered; one
    # for three written.
    assert (state[_ACCESSES], state[_BYTES]) == (4 + 3 * 3, 4 + 9 * 8)
    assert state[_FIRST + _MISSES] == 1 + 1 + 2 + 1


def test_code_that_cannot_be_counted_is_refused() -> None:
    assert _reason_to_refuse(NESTED, serial=True) == ""
    assert "SVE" in _reason_to_refuse("%x = load <vscale x 2 x double>, ptr %p", serial=False)
    assert "parallel" in _reason_to_refuse("call void @numba_parallel_for(ptr @k)", serial=True)
    assert not _reason_to_refuse("call void @numba_parallel_for(ptr @k)", serial=False)


def test_callees_become_the_modules_own_and_promises_go() -> None:
    text = (
        "define linkonce_odr double @g(double %x) #0 {\nattributes #0 = { nounwind memory(none) }"
    )
    assert _closed(text) == (
        "define internal double @g(double %x) #0 {\nattributes #0 = { nounwind }"
    )
