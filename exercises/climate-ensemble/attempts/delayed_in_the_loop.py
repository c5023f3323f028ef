# fails: spins_up_once
# Slow but right: `delayed(advance)` is called in the loop, so each member has a spin-up of its own.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    def member(start, number):
        mine = start.copy()
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    runs = []
    for number in range(members):
        start = delayed(advance)(first, spin_up)
        runs.append(delayed(member)(start, number))
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
