"""Invented clinics, patients and payers, written as the files a real practice would receive. No real person or plan."""
