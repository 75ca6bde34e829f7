"""Contracts and fee schedules from files, checked before they are published."""
