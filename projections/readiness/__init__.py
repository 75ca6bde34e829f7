"""Visits and claims side by side: what stands against them, and the claim each visit should become."""
