"""Visits and claims side by side: what is wrong with them, and the claim each visit should become."""
