"""The event log and the read tables in SQL."""
