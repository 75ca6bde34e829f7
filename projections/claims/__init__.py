"""One claim: its attempts, its money, its state."""
