"""The measured numbers that book/lessons/training-budget.md quotes: those of its demo, in 10 s.

    python benchmarks/training_budget_page.py

All other numbers of the page are computed or cited: tests/content/laws/test_training_budget.py.
"""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    demo = runpy.run_path(str(ROOT / "notebooks/training-budget.py"))
    print(f"\n\npeak of one core: {demo['my_peak'] / 1e9:.0f} Gflop/s, float32")
    print("MFU by width: " + ", ".join(f"{w}: {share:.0%}" for w, share in demo["mfu"].items()))
    print(f"LLaMA 65B: {demo['mine'] / 3600 / 24 / 365:,.0f} years")
