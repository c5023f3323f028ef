"""The numbers that tell messages between the same two ranks apart."""

# MPI promises tags up to 32,767. Those above 32,000 are kept for collectives, each its own, so
# that their messages never meet a learner's and a deadlock can say where a rank stands.
LARGEST_TAG = 32_000
_NAMES = (
    *("barrier", "bcast", "reduce", "allreduce", "scatter", "gather", "allgather", "alltoall"),
    *("ring.allreduce", "doubling.allreduce"),
)
COLLECTIVE = {name: LARGEST_TAG + 1 + i for i, name in enumerate(_NAMES)}


def tag_text(tag: int) -> str:
    """How a sentence names a tag."""
    return f"tag {tag}" if tag <= LARGEST_TAG else f"in {_NAMES[tag - LARGEST_TAG - 1]}"
