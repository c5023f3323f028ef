# fails: ensemble_agrees
# Fast but wrong: adds the bumps to the shared start. The second member has those of the first too.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    start = delayed(advance)(first, spin_up)

    def member(start, number):
        start[0] += bumps(start.shape[1:], size, seed + number)
        return advance(start, lead)

    runs = [delayed(member)(start, number) for number in range(members)]
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
