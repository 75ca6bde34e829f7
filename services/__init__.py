"""What runs: doors and engines. All I/O lives here."""
