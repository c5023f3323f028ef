# fails: leaves_the_start
# Right only once: the spin-up writes into the array that it was given. Computed again, as after a
# lost worker, it starts from there.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    def spin(state):
        state[:] = advance(state, spin_up)
        return state

    def member(start, number):
        mine = start.copy()
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    start = delayed(spin)(first)
    runs = [delayed(member)(start, number) for number in range(members)]
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
