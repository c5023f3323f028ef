"""environment.yml and pyproject.toml name the same direct dependencies, compatibly."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"dask-core": "dask", "matplotlib-base": "matplotlib"}


def from_pyproject(text: str) -> dict[str, SpecifierSet]:
    project = tomllib.loads(text)["project"]
    found = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    return {**found, "python": SpecifierSet(project["requires-python"])}


def from_environment(text: str) -> dict[str, SpecifierSet]:
    found = {}
    for entry in yaml.safe_load(text)["dependencies"]:
        for line in entry["pip"] if isinstance(entry, dict) else [entry]:
            if line in ("pip", "-e ."):
                continue
            name, version = re.fullmatch(r"([A-Za-z0-9-]+)(.*)", line).groups()
            version = re.sub(r"^=(?!=)", "==", version)
            found[CONDA_NAMES.get(name, name)] = SpecifierSet(version)
    return found


def drift(pyproject: str, environment: str, lock: str) -> list[str]:
    """What is missing, extra, or cannot be met by the locked version."""
    ours, conda = from_pyproject(pyproject), from_environment(environment)
    problems = [f"only in one: {name}" for name in sorted(ours.keys() ^ conda.keys())]
    locked = {p["name"]: p.get("version") for p in tomllib.loads(lock)["package"]}
    for name in sorted(ours.keys() & conda.keys() - {"python"}):
        version = Version(locked[name])
        if version not in ours[name] or version not in conda[name]:
            problems.append(f"{name} {version} does not meet '{ours[name]}' and '{conda[name]}'")
    return problems


@pytest.fixture
def files() -> tuple[str, str, str]:
    names = ("pyproject.toml", "environment.yml", "uv.lock")
    return tuple((ROOT / name).read_text() for name in names)


def test_no_drift(files: tuple[str, str, str]) -> None:
    assert drift(*files) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  - scipy>=1.17\n", "", "only in one: scipy"),
        ("  - psutil>=7\n", "  - psutil>=7\n  - xarray\n", "only in one: xarray"),
        ("numba>=0.68,<0.69", "numba>=0.69", "numba "),
        ("nbgrader=0.9.6", "nbgrader=0.9.5", "nbgrader 0.9.6 does not meet"),
    ],
)
def test_drift_is_seen(files: tuple[str, str, str], old: str, new: str, problem: str) -> None:
    pyproject, environment, lock = files
    assert old in environment
    (found,) = drift(pyproject, environment.replace(old, new), lock)
    assert found.startswith(problem)


def test_the_project_itself_is_installed(files: tuple[str, str, str]) -> None:
    assert "- -e ." in files[1]
