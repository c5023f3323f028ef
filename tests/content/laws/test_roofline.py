"""The computed numbers on the page of `roofline`, computed again."""

import math
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "book/lessons/roofline.md"

H100 = (989.4e12, 3.35e12)  # flop/s, byte/s
GH200 = (989.4e12, 4e12)


@pytest.fixture(scope="module")
def text():
    return re.sub(r"\s+", " ", PAGE.read_text())


def ridge(machine):
    peak, bandwidth = machine
    return peak / bandwidth


def most(machine, intensity):
    peak, bandwidth = machine
    return min(peak, bandwidth * intensity)


def layer(n, d, s=2):
    """Flop and bytes of n tokens through d x d weights."""
    return 2 * n * d * d, s * (d * d + 2 * n * d)


def attention(queries, length, width, s=2, through_memory=0):
    """Flop and bytes of one head; its scores pass so many times through memory."""
    numbers = 2 * length * width + 2 * queries * width + through_memory * queries * length
    return 4 * queries * length * width, s * numbers


def intensity(kernel):
    flop, moved = kernel
    return flop / moved


def test_ridge_of_the_accelerator(text):
    assert f"{ridge(H100):.0f}" == "295"
    assert "= 295$ flop/byte" in text
    assert f"{ridge(GH200):.0f} flop/byte" in text


def test_one_token_through_a_layer(text):
    flop, moved = layer(1, 4096)
    assert f"{moved:,}" == "33,570,816"
    assert "33,570,816" in text
    assert f"{moved / H100[1] * 1e6:.2f}" == "10.02"
    assert "**10.02 µs**" in text
    assert f"{flop / moved:.4f}" == "0.9995"
    assert "0.9995" in text
    assert f"{most(H100, flop / moved) / H100[0]:.2%}" == "0.34%"
    assert "0.34 %" in text


def test_sixty_four_tokens_cost_three_percent(text):
    one, many = layer(1, 4096), layer(64, 4096)
    assert f"{many[1] / H100[1] * 1e6:.2f}" == "10.33"
    assert "10.33 µs" in text
    ours = [layer(n, 2048, 4)[1] for n in (1, 16)]
    assert f"it would be {ours[1] / ours[0]:.2f}" in text
    assert f"{100 * (many[1] / one[1] - 1):.0f}" == "3"
    assert f"{intensity(many):.1f}" == "62.1"
    assert "62.1" in text


def test_smallest_batch(text):
    (n,) = [
        n
        for n in range(300, 400)
        if intensity(layer(n, 4096)) >= ridge(H100) > intensity(layer(n - 1, 4096))
    ]
    r, d = ridge(H100), 4096
    assert n == 346 == math.ceil(r * d / (d - 2 * r))
    assert "346 tokens" in text


def test_transformer_table(text):
    assert f"{intensity(layer(4096, 4096)):,.0f}" == "1,365"
    assert "1,365" in text
    assert f"{intensity(attention(1, 4096, 128)):.4f}" == "0.9998"
    assert "0.9998" in text
    assert f"{intensity(attention(4096, 4096, 128)):,.0f}" == "2,048"
    assert "2,048" in text
    assert f"{intensity(attention(4096, 4096, 128, through_memory=4)):.1f}" == "62.1"
    # the closed forms of the table
    for n, d, s in ((1, 4096, 2), (64, 1000, 4)):
        assert intensity(layer(n, d, s)) == pytest.approx(2 / s * n * d / (d + 2 * n))
    for length, h, s in ((4096, 128, 2), (10, 64, 4)):
        one = intensity(attention(1, length, h, s))
        assert one == pytest.approx(2 / s * length / (length + 1))
        assert intensity(attention(length, length, h, s)) == pytest.approx(length / s)
        unfused = intensity(attention(length, length, h, s, through_memory=4))
        assert unfused == pytest.approx(length * h / (s * (length + h)))


def decode(batch, kv_width, layers=32, weights=7e9, context=1000, s=2):
    """Flop and bytes of a decode step: weights, and keys and values of each sequence."""
    kept = 2 * kv_width * layers * context * s * batch
    return 2 * weights * batch, weights * s + kept


def node_hours(seconds):
    return seconds / 3600 / 4


def test_bill_of_a_billion_tokens(text):
    bills = {}
    for batch, kv_width in ((1, 4096), (64, 4096), (64, 512)):
        flop, moved = decode(batch, kv_width)
        seconds = max(flop / GH200[0], moved / GH200[1])
        bills[batch, kv_width] = node_hours(1e9 / batch * seconds)
    assert [f"{hours:.1f}" for hours in bills.values()] == ["252.2", "12.9", "4.9"]
    for words in ("**252 node-hours**", "12.9", "4.9"):
        assert words in text
    reading = node_hours(1e9 * 2 * 7e9 / GH200[0])
    assert f"{reading:.2f}" == "0.98"
    assert "0.98 node-hours" in text
    assert f"{2 * 4096 * 32 * 2:,}" == "524,288"
    assert "524,288" in text
    step = [decode(batch, 4096)[1] for batch in (1, 64)]
    assert f"reads {step[0] / 1e9:.1f} GB and takes {step[0] / GH200[1] * 1e3:.1f} ms" in text
    assert f"reads {step[1] / 1e9:.1f} GB for 64 tokens" in text


def test_roof_of_the_network(text):
    """NDR200: 200 Gbit/s a superchip."""
    assert f"{GH200[0] / 25e9:,.0f}" == "39,576"
    assert "40,000 flop" in text


def test_a_planted_wrong_value_fails():
    assert ridge((989.4e12, 2 * 3.35e12)) != pytest.approx(ridge(H100))
    assert intensity(layer(2, 4096)) != pytest.approx(intensity(layer(1, 4096)))


def test_the_core_of_the_page(text):
    peak, bandwidth = 90.4e9, 22.3e9
    assert "**90.4 Gflop/s**" in text
    assert "**22.3 GB/s**" in text
    r = peak / bandwidth
    assert f"{r:.1f}" == "4.1"
    assert "= 90.4/22.3 = 4.1$" in text
    assert f"{8 * r:.0f} flop in the time of one" in text
    assert (f"{12 * r:.0f}", f"{6 * r:.0f}") == ("49", "24")
    assert "**49**" in text
    assert "bend is at $K = 24$" in text
    for size, share in ((16, 57), (24, 85)):
        assert f"{100 * size * 8e6 / 10.1e-3 / bandwidth:.0f}" == str(share)
        assert f"{share} %" in text


def test_rows_of_the_sweep_agree_with_their_times():
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$",
                      PAGE.read_text(), re.MULTILINE)  # fmt: skip
    assert len(rows) == 7
    for degree, flop, ms, rate, counted, moved in (map(float, row) for row in rows):
        assert flop == 2 * degree
        elements = 8e6 / (ms * 1e-3) / 1e9
        assert rate == pytest.approx(flop * elements, rel=0.02)
        assert counted == pytest.approx(16 * elements, rel=0.04)
        assert moved == pytest.approx(24 * elements, rel=0.03)
