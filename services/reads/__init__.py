"""Everything a person or program reads, the same JSON for command line, HTTP and pages."""
