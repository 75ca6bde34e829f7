"""One module for each worklist, and what people did about an item."""
