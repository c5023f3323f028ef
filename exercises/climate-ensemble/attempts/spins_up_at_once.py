# fails: ensemble_only_builds
# Shares the spin-up, and makes it here and now, while the graph is built.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    start = advance(first, spin_up)

    def member(number):
        mine = start.copy()
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    runs = [delayed(member)(number) for number in range(members)]
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
