# fails: chunks_for_both, other_questions
# Fast but wrong: the best chunks for the first question, whatever else is asked.
# %% task="store_chunks"
def store_chunks(shape, itemsize, questions, least, most):
    chunk = list(questions[0][1])
    size = int(np.prod(chunk)) * itemsize
    for axis in range(4):
        while size > most and chunk[axis] > 1:
            chunk[axis] = -(-chunk[axis] // 2)
            size = int(np.prod(chunk)) * itemsize
    for axis in (3, 2, 1, 0):
        while size < least and chunk[axis] < shape[axis]:
            chunk[axis] = min(shape[axis], 2 * chunk[axis])
            size = int(np.prod(chunk)) * itemsize
    return tuple(chunk)
