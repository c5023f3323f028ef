# fails: spins_up_once
# Slow but right: the four lines as one function of a member, with the spin-up inside.
# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    def member(number):
        mine = advance(first, spin_up)
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    runs = [delayed(member)(number) for number in range(members)]
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
