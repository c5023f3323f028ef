# fails: shrugs_off_interruptions, even_rounds, noise_on_every_call, warm_up_is_the_first
# Fast but wrong: reads the clock twice in all and divides, as many scripts do. What disturbed one
# call is spread over all of them.
# %% task="bench"
def bench(f, clock, rounds):
    start = clock()
    f()
    warm_up = clock() - start
    start = clock()
    for _ in range(rounds):
        f()
    each = (clock() - start) / rounds
    return {"warm_up": warm_up, "minimum": each, "median": each}
