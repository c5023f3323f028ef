# fails: three_shapes
# Whatever is not twice as fast on twice as many is called serial.
# %% task="diagnose"
def diagnose(seconds):
    if len([p for p in seconds if p >= 4]) < 3:
        return "too few"
    most = max(seconds)
    efficiency = seconds[1] / (most * seconds[most])
    return "nothing" if efficiency > 0.99 else "serial part"
