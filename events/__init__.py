"""What happened: the public vocabulary of events. Pure, no I/O, imports none of the other packages."""
