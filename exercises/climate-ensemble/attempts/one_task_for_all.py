# fails: runs_side_by_side
# Few tasks, at last: all members in one, and three of four workers have nothing to do.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    def forecast():
        start = advance(first, spin_up)
        last = np.empty((members, *first.shape))
        for number in range(members):
            mine = start.copy()
            mine[0] += bumps(mine.shape[1:], size, seed + number)
            last[number] = advance(mine, lead)
        return last

    return da.from_delayed(delayed(forecast)(), (members, *first.shape), dtype=float)
