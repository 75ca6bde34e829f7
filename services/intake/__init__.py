"""Reads what others send: X12 files and JSON events, into CloudEvents. Publishing is done elsewhere."""
