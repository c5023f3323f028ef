# fails: efficient
# Takes the fastest run: more is always faster here, and always worth less.
# %% task="largest"
def largest(seconds, efficiency=0.7, budget=None, cores=1):
    return min(seconds, key=seconds.get)
