"""The book's own Sphinx extensions, and what they stand on."""
