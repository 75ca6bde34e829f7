"""What happened: the public vocabulary of events. Pure, no I/O, imports nothing of ours."""
