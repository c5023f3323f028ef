"""Small models to train, and a text to train them on; written out in NumPy, nothing hidden."""
