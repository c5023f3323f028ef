"""One copy of the model, as a Dask actor keeps it on a worker."""

import numpy as np

from hpclab.models.transformer import Weights, flatten, loss_and_gradients, unflatten


class Replica:
    """Weights that stay where they are; gradients go out, and their mean comes in.

    actors = [
        client.submit(Replica, weights, actor=True, workers=[address], pure=False)
        for address in client.scheduler_info()["workers"]
    ]

    Use actors inside of `with client.as_current():`.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = {name: array.copy() for name, array in weights.items()}

    def gradient(self, rows: np.ndarray, share: float) -> np.ndarray:
        """The mean gradient over `rows`, flat, times `share`: rows of all rows of the batch."""
        if not len(rows):
            return np.zeros_like(flatten(self._weights))
        return flatten(loss_and_gradients(self._weights, rows)[1]) * share

    def step(self, mean: np.ndarray, rate: float) -> None:
        """One step of gradient descent, by the sum of all replicas' gradients."""
        for name, array in unflatten(mean, self._weights).items():
            self._weights[name] -= rate * array

    def weights(self) -> Weights:
        """The weights as they are now."""
        return self._weights


def train_with(replicas: list, batches: np.ndarray, rate: float) -> None:  # type: ignore[type-arg]
    """Train actors that hold a Replica each: gradients come here, their sum goes out.

    Each step, this process receives p gradients and sends p sums: all goes by way of a root.
    """
    p = len(replicas)
    for batch in batches:
        parts = np.array_split(batch, p)
        asked = [
            replica.gradient(rows, len(rows) / len(batch))
            for replica, rows in zip(replicas, parts, strict=True)
        ]
        mean = asked[0].result().copy()
        for one in asked[1:]:
            mean += one.result()
        for done in [replica.step(mean, rate) for replica in replicas]:
            done.result()
