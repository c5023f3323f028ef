"""Sites: each figure has a source, bills are the documented ones, and mistakes are named."""

from pathlib import Path

import pytest

from hpclab.errors import FileError, HpclabError
from hpclab.sites.site import Figure, site, sites

# partition, hours, what is asked for, and the bill worked out by hand
BILLS = [
    ("lumi", "standard-g", 3.0, {"nodes": 2}, (24.0, "GPU-hour")),
    ("lumi", "small-g", 2.0, {"accelerators": 3, "cores": 8}, (3.0, "GPU-hour")),
    ("lumi", "small-g", 2.0, {"accelerators": 1, "cores": 9}, (2.0, "GPU-hour")),
    ("lumi", "small-g", 1.0, {"accelerators": 1, "memory": 200e9}, (2.0, "GPU-hour")),
    ("karolina", "qgpu", 8.0, {"accelerators": 3}, (3.0, "node-hour")),
    ("leonardo", "boost_usr_prod", 1250.0, {"accelerators": 4}, (40_000.0, "core-hour")),
]


@pytest.mark.parametrize(("name", "partition", "hours", "request_", "bill"), BILLS)
def test_a_bill(
    name: str, partition: str, hours: float, request_: dict[str, float], bill: tuple[float, str]
) -> None:
    found = site(name).bill(partition, hours, **request_)
    assert (found.amount, found.unit) == bill
    assert found.source


def test_each_site_of_ours_is_whole_and_says_how_firm_it_is() -> None:
    assert {"lumi", "karolina", "leonardo"} <= set(sites())
    for name in sites():
        one = site(name)
        for partition in one.partitions:
            node = one.node_of(partition)
            assert node.accelerators is not None
            assert node.peak_bf16 is not None
    assert site("leonardo").bill("boost_usr_prod", 1, accelerators=1).strength == "third party"
    lumi = site("lumi").nodes["gpu"]
    assert lumi.cores is not None
    assert lumi.cores.firm
    assert lumi.peak_bf16 is not None
    assert not lumi.peak_bf16.firm


def test_a_figure_that_nobody_sourced_is_missing_and_not_made_up() -> None:
    assert site("lumi").energy("standard-g", 100) is None


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sites").mkdir()
    monkeypatch.setenv("HPCLAB_SITES", str(tmp_path / "sites"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "sites"


def test_a_centre_adds_its_figures_and_a_user_has_the_last_word(own: Path) -> None:
    figure = 'source = "our meter", strength = "documented"'
    (own / "lumi.toml").write_text(
        f"pue = {{value = 1.5, {figure}}}\n[nodes.gpu]\nnode_power = {{value = 2000, {figure}}}\n"
    )
    assert site("lumi").energy("standard-g", 1) == 2000 * 3600 * 1.5
    assert site("lumi").nodes["gpu"].cores is not None
    home = own.parent / "home" / ".config" / "hpclab" / "sites"
    home.mkdir(parents=True)
    (home / "lumi.toml").write_text("pue.value = 2\n")
    assert site("lumi").pue == Figure(value=2, source="our meter", strength="documented")
    (own / "here.toml").write_text(
        (Path(site.__code__.co_filename).parent / "lumi.toml").read_text()
    )
    assert "here" in sites()


MISTAKES = [
    ("name = ", "not valid TOML"),
    ("pue = 1.1", "pue: input should be a valid dictionary"),
    ('pue = {value = 1, source = "", strength = "documented"}', "pue.source"),
    ('pue = {value = 1, source = "x", strength = "sure"}', "pue.strength"),
    ("colour = 1", "colour: extra inputs are not permitted"),
    ('partitions.small-g.node = "cpu"', "partitions.small-g.node: expected one of gpu"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_in_a_file_is_named(own: Path, text: str, said: str) -> None:
    (own / "lumi.toml").write_text(text + "\n")
    with pytest.raises(FileError, match=said) as caught:
        site("lumi")
    assert str(own / "lumi.toml") in str(caught.value)


def test_unknown_names_and_requests_are_sentences() -> None:
    with pytest.raises(HpclabError, match=r"no site 'lummi'. The nearest: lumi"):
        site("lummi")
    with pytest.raises(HpclabError, match=r"no partition of LUMI-G 'standard'. The nearest:"):
        site("lumi").bill("standard", 1, nodes=1)
    with pytest.raises(HpclabError, match="expected hours and one or more of nodes"):
        site("lumi").bill("standard-g", 1, accelerators=8)
    with pytest.raises(HpclabError, match="none below 0"):
        site("lumi").bill("standard-g", 1, nodes=-1)
