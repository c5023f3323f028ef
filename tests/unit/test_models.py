"""The transformer: its gradient, what it learns, and the text that it learns from."""

import numpy as np
import pytest

from hpclab.models import text, transformer
from hpclab.models.transformer import Weights, flatten, unflatten

STEP = 1e-5


def slope(weights: Weights, name: str, where: tuple[int, ...], tokens: np.ndarray) -> float:
    """The derivative of the loss by one weight, from two losses."""
    ends = []
    for sign in (1, -1):
        moved = {key: array.copy() for key, array in weights.items()}
        moved[name][where] += sign * STEP
        ends.append(transformer.loss(moved, tokens))
    return (ends[0] - ends[1]) / (2 * STEP)


@pytest.fixture(scope="module")
def tokens() -> np.ndarray:
    numbers = text.encode(text.write(2_000))
    return text.batch(numbers, rows=3, length=6, step=0)


@pytest.fixture(scope="module")
def weights() -> Weights:
    """Of two blocks and two heads, none of them at a special place such as 0 or 1."""
    rng = np.random.default_rng(0)
    given = transformer.start(28, width=16, context=7, blocks=2, dtype="float64")
    return {name: array + 0.1 * rng.standard_normal(array.shape) for name, array in given.items()}


def furthest(weights: Weights, gradients: Weights, tokens: np.ndarray) -> float:
    """How far the gradient is from finite differences, at three places of each array."""
    rng = np.random.default_rng(1)
    far = []
    for name, array in weights.items():
        for _ in range(3):
            where = tuple(int(rng.integers(size)) for size in array.shape)
            far.append(abs(slope(weights, name, where, tokens) - gradients[name][where]))
    return max(far)


def test_gradient_is_that_of_finite_differences(weights: Weights, tokens: np.ndarray) -> None:
    value, gradients = transformer.loss_and_gradients(weights, tokens)
    assert value == transformer.loss(weights, tokens)
    assert list(gradients) == list(weights)
    assert furthest(weights, gradients, tokens) < 1e-8
    gradients["1.qkv"] = gradients["1.qkv"] * 1.01  # a planted fault of one in a hundred
    assert furthest(weights, gradients, tokens) > 1e-6


def test_key_biases_have_no_gradient(weights: Weights, tokens: np.ndarray) -> None:
    _, gradients = transformer.loss_and_gradients(weights, tokens)
    bias = gradients["0.qkv.bias"].reshape(3, 16)
    assert np.abs(bias[1]).max() < 1e-15 < np.abs(bias[[0, 2]]).min()


def test_nobody_sees_the_future(weights: Weights, tokens: np.ndarray) -> None:
    rows = tokens[:, :-1]
    other = rows.copy()
    other[:, 4] = (other[:, 4] + 1) % 28
    one, two = (transformer.probabilities(weights, x) for x in (rows, other))
    np.testing.assert_array_equal(one[:, :4], two[:, :4])
    assert not np.allclose(one[:, 4:], two[:, 4:])
    np.testing.assert_allclose(one.sum(axis=-1), 1)


def test_weights_and_gradients_keep_their_type(tokens: np.ndarray) -> None:
    weights = transformer.start(28, width=8, context=8, blocks=1)
    before = flatten(weights)
    _, gradients = transformer.loss_and_gradients(weights, tokens)
    assert {array.dtype for array in gradients.values()} == {np.dtype("float32")}
    np.testing.assert_array_equal(flatten(weights), before)
    assert all(gradients[name].shape == array.shape for name, array in weights.items())


def test_flat_and_back(weights: Weights) -> None:
    back = unflatten(flatten(weights), weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(back[name], array)
    with pytest.raises(ValueError, match="flat: expected shape"):
        unflatten(np.zeros(3), weights)


def test_200_steps_fall_below_the_unigram_entropy() -> None:
    """28,288 parameters; rows so few that BLAS takes no second thread."""
    story = text.write(20_000)
    numbers = text.encode(story)
    weights = transformer.start(len(text.ALPHABET))
    assert flatten(weights).size == 28_288
    losses = []
    for step in range(200):
        batch = text.batch(numbers, rows=6, length=20, step=step)
        value, gradients = transformer.loss_and_gradients(weights, batch)
        weights = {name: weights[name] - 0.3 * gradients[name] for name in weights}
        losses.append(value)
    unseen = text.encode(text.write(3_000, seed=1))
    entropy = text.unigram_entropy(story)
    assert losses[0] > entropy
    assert np.mean(losses[-20:]) < 0.8 * entropy
    assert transformer.loss(weights, text.batch(unseen, 32, 20, step=0)) < 0.8 * entropy


def test_the_text_is_the_same_everywhere() -> None:
    story = text.write(1_000)
    assert story.startswith("the old ship wakes the keeper. the storm wakes the heavy ship.")
    assert len(story) == 1_000
    assert story == text.write(2_000)[:1_000] != text.write(1_000, seed=1)
    assert text.decode(text.encode(story)) == story
    assert text.unigram_entropy("abab") == pytest.approx(np.log(2))
    with pytest.raises(ValueError, match="given: 'T'"):
        text.encode("The")


def test_batches_are_of_a_step_and_not_of_a_rank() -> None:
    numbers = text.encode(text.write(500))
    one = text.batch(numbers, 4, 8, step=3)
    np.testing.assert_array_equal(one, text.batch(numbers, 4, 8, step=3))
    assert one.shape == (4, 9)
    assert not (one == text.batch(numbers, 4, 8, step=4)).all()


@pytest.mark.parametrize("wrong", [np.zeros((0, 4), int), np.zeros(4, int), np.zeros((2, 4))])
def test_no_rows_of_numbers_get_a_sentence(weights: Weights, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="tokens: expected rows"):
        transformer.loss_and_gradients(weights, wrong)


def test_a_width_that_heads_do_not_divide_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="width: expected a multiple of 8"):
        transformer.start(28, width=12)
