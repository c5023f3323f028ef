"""Are the thresholds of timed checks far enough from right and from slow work?"""
