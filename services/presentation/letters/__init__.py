"""Letters about claims as data: kinds, texts with fields, the values of the fields, and the letter they make.

Pure: what the values come from is read elsewhere, and PDF and DOCX are drawn elsewhere.
"""
