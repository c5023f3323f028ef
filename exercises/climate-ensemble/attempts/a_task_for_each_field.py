# fails: ensemble_is_small, runs_side_by_side
# Slow but right: takes each member's state apart, and puts three arrays together again.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    start = delayed(advance)(first, spin_up)

    def member(start, number):
        mine = start.copy()
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    states = []
    for number in range(members):
        run = delayed(member)(start, number)
        fields = [da.from_delayed(run[k], first.shape[1:], dtype=float) for k in range(3)]
        states.append(da.stack(fields))
    return da.stack(states)
