"""Letters drawn as files: PDF by Typst, DOCX by python-docx, attachments joined by pypdf."""
