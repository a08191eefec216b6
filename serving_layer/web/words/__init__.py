"""Words of the pages, in each of their languages; a module a language."""
