# fails: chunks_for_one_question
# A chunk for each map, as the model writes them: a series at one place reads all of the array.
# %% task="store_chunks"
def store_chunks(shape, itemsize, questions, least, most):
    members = most // (itemsize * shape[2] * shape[3])
    return 1, int(min(members, shape[1])), shape[2], shape[3]
