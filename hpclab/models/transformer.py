"""A character-level transformer in NumPy: forward, backward, and nothing else.

    weights = start(characters=27)
    loss, gradients = loss_and_gradients(weights, tokens)

Weights and gradients are dictionaries of arrays with the same names and shapes, in the order in
which the forward pass needs them. Everything is computed in the dtype of the weights. A block is
attention and a two-layer network, each behind a normalisation and added to what came in (Vaswani
et al. 2017, with the normalisation in front as in Radford et al. 2019). A head is 8 wide.
"""

from typing import Any

import numpy as np

Weights = dict[str, np.ndarray]
_HEAD = 8  # width of one attention head
_TINY = 1e-5  # keeps a normalisation from dividing by 0


def start(
    characters: int,
    width: int = 32,
    context: int = 32,
    blocks: int = 2,
    dtype: str = "float32",
    seed: int = 0,
) -> Weights:
    """Weights to begin with: small normal numbers, biases 0, scales 1.

    characters: in the alphabet; width: numbers a character becomes, a multiple of 8; context: the
    longest row of characters; blocks: how many. The defaults have about 28,000 parameters.
    """
    if width < _HEAD or width % _HEAD:
        raise ValueError(f"width: expected a multiple of {_HEAD} (given: {width!r})")
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) / np.sqrt(width)).astype(dtype)

    def norm(name: str) -> Weights:
        return {f"{name}.scale": np.ones(width, dtype), f"{name}.shift": np.zeros(width, dtype)}

    weights = {"character": normal(characters, width), "place": normal(context, width)}
    for block in range(blocks):
        to = f"{block}."
        weights |= norm(f"{to}norm1")
        weights |= {
            f"{to}qkv": normal(width, 3 * width),
            f"{to}qkv.bias": np.zeros(3 * width, dtype),
        }
        weights |= {f"{to}out": normal(width, width), f"{to}out.bias": np.zeros(width, dtype)}
        weights |= norm(f"{to}norm2")
        weights |= {f"{to}up": normal(width, 4 * width), f"{to}up.bias": np.zeros(4 * width, dtype)}
        weights |= {
            f"{to}down": normal(4 * width, width) / 2,
            f"{to}down.bias": np.zeros(width, dtype),
        }
    return weights | norm("norm") | {"head": normal(width, characters) / 4}


def flatten(arrays: Weights) -> np.ndarray:
    """All arrays one after the other, as one array: a copy."""
    return np.concatenate([array.ravel() for array in arrays.values()])


def unflatten(flat: np.ndarray, like: Weights) -> Weights:
    """The way back: `flat` cut into arrays of the names and shapes of `like`. They are views."""
    ends = np.cumsum([array.size for array in like.values()])
    if flat.shape != (ends[-1],):
        raise ValueError(f"flat: expected shape ({ends[-1]},) (given: {flat.shape})")
    parts = np.split(flat, ends[:-1])
    return {name: part.reshape(like[name].shape) for name, part in zip(like, parts, strict=True)}


def probabilities(weights: Weights, rows: np.ndarray) -> np.ndarray:
    """Of each next character, at each place of `rows`: (rows, length, characters), each sum 1."""
    return _forward(weights, np.asarray(rows))[0]


def loss(weights: Weights, tokens: np.ndarray) -> float:
    """The mean of -ln(probability) of each next character, in nats; `tokens` as below."""
    tokens = _rows(tokens)
    return _cross_entropy(probabilities(weights, tokens[:, :-1]), tokens[:, 1:])


def loss_and_gradients(weights: Weights, tokens: np.ndarray) -> tuple[float, Weights]:
    """The loss, and its derivative by each weight: the mean over all rows of `tokens`.

    tokens: (rows, length) of whole numbers below the size of the alphabet; character t + 1 of a
    row is what is to be foretold from the characters up to t. `weights` are left as they are.
    """
    tokens = _rows(tokens)
    given, wanted = tokens[:, :-1], tokens[:, 1:]
    d, kept = _forward(weights, given)
    value = _cross_entropy(d, wanted)
    # The probabilities become the derivative by what went into the softmax
    np.put_along_axis(d, wanted[..., None], np.take_along_axis(d, wanted[..., None], 2) - 1, 2)
    d /= d.dtype.type(wanted.size)
    found: Weights = {}
    x = kept.pop()
    d = _linear_back(found, "head", x, weights["head"], d, bias=False)
    d = _norm_back(found, "norm", weights, kept.pop(), d)
    for block in reversed(range(_blocks(weights))):
        d = _block_back(found, f"{block}.", weights, kept.pop(), d)
    found["place"] = np.zeros_like(weights["place"])
    found["place"][: given.shape[1]] = d.sum(axis=0)
    found["character"] = np.zeros_like(weights["character"])
    np.add.at(found["character"], given, d)
    return value, {name: found[name] for name in weights}


def _rows(tokens: np.ndarray) -> np.ndarray:
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or tokens.dtype.kind not in "iu" or not len(tokens) or len(tokens[0]) < 2:
        raise ValueError(
            "tokens: expected rows of two or more whole numbers "
            f"(given: {tokens.dtype} of shape {tokens.shape})"
        )
    return tokens


def _blocks(weights: Weights) -> int:
    return sum(name.endswith(".qkv") for name in weights)


def _forward(weights: Weights, given: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Probabilities of each next character, and what the way back needs."""
    x = weights["character"][given] + weights["place"][: given.shape[1]]
    kept: list[Any] = []
    for block in range(_blocks(weights)):
        x, own = _block(f"{block}.", weights, x)
        kept.append(own)
    x, own = _norm("norm", weights, x)
    kept += [own, x]
    return _softmax(x @ weights["head"]), kept


def _block(to: str, weights: Weights, x: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    rows, length, width = x.shape
    normed, norm1 = _norm(f"{to}norm1", weights, x)
    mixed = normed @ weights[f"{to}qkv"] + weights[f"{to}qkv.bias"]
    q, k, v = mixed.reshape(rows, length, 3, width // _HEAD, _HEAD).transpose(2, 0, 3, 1, 4)
    scale = x.dtype.type(_HEAD**-0.5)
    scores = q @ k.swapaxes(2, 3) * scale
    scores[..., np.triu(np.ones((length, length), bool), 1)] = -np.inf  # nobody sees the future
    attention = _softmax(scores)
    seen = (attention @ v).swapaxes(1, 2).reshape(x.shape)
    x = x + seen @ weights[f"{to}out"] + weights[f"{to}out.bias"]
    normed2, norm2 = _norm(f"{to}norm2", weights, x)
    hidden = np.maximum(normed2 @ weights[f"{to}up"] + weights[f"{to}up.bias"], 0)
    x = x + hidden @ weights[f"{to}down"] + weights[f"{to}down.bias"]
    return x, [norm1, normed, q, k, v, attention, seen, norm2, normed2, hidden]


def _block_back(
    found: Weights, to: str, weights: Weights, kept: list[Any], d: np.ndarray
) -> np.ndarray:
    norm1, normed, q, k, v, attention, seen, norm2, normed2, hidden = kept
    back = _linear_back(found, f"{to}down", hidden, weights[f"{to}down"], d)
    back *= hidden > 0
    back = _linear_back(found, f"{to}up", normed2, weights[f"{to}up"], back)
    d = d + _norm_back(found, f"{to}norm2", weights, norm2, back)
    back = _linear_back(found, f"{to}out", seen, weights[f"{to}out"], d)
    rows, heads, length, _ = q.shape
    back = back.reshape(rows, length, heads, _HEAD).swapaxes(1, 2)
    d_v = attention.swapaxes(2, 3) @ back
    d_attention = back @ v.swapaxes(2, 3)
    scores = attention * (d_attention - (d_attention * attention).sum(axis=-1, keepdims=True))
    scores *= d.dtype.type(_HEAD**-0.5)
    d_q, d_k = scores @ k, scores.swapaxes(2, 3) @ q
    d_mixed = np.stack([d_q, d_k, d_v]).transpose(1, 3, 0, 2, 4).reshape(rows, length, -1)
    back = _linear_back(found, f"{to}qkv", normed, weights[f"{to}qkv"], d_mixed)
    return d + _norm_back(found, f"{to}norm1", weights, norm1, back)


def _linear_back(
    found: Weights, name: str, x: np.ndarray, weight: np.ndarray, d: np.ndarray, bias: bool = True
) -> np.ndarray:
    """Way back through x @ weight + bias; the derivative by x."""
    flat = d.reshape(-1, d.shape[-1])
    found[name] = x.reshape(-1, x.shape[-1]).T @ flat
    if bias:
        found[f"{name}.bias"] = flat.sum(axis=0)
    return d @ weight.T


def _norm(name: str, weights: Weights, x: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    x = x - x.mean(axis=-1, keepdims=True)
    over = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(_TINY))
    x = x * over
    return x * weights[f"{name}.scale"] + weights[f"{name}.shift"], [x, over]


def _norm_back(
    found: Weights, name: str, weights: Weights, kept: list[Any], d: np.ndarray
) -> np.ndarray:
    x, over = kept
    found[f"{name}.scale"] = (d * x).sum(axis=(0, 1))
    found[f"{name}.shift"] = d.sum(axis=(0, 1))
    d = d * weights[f"{name}.scale"]
    mean = d.mean(axis=-1, keepdims=True)
    return (d - mean - x * (d * x).mean(axis=-1, keepdims=True)) * over


def _softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def _cross_entropy(foretold: np.ndarray, wanted: np.ndarray) -> float:
    chosen = np.take_along_axis(foretold, wanted[..., None], 2)
    return float(-np.log(chosen, dtype="float64").mean())
