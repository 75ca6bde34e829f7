"""What runs: entry points and engines. All I/O lives here."""
