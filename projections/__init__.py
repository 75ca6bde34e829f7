"""What it means: pure folds from events and rules to rows. No I/O, no clock. Imports events only."""
