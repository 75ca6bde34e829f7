"""The consumer: append, refold, write, commit."""
