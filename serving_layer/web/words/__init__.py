"""What the pages say, in each of its languages; a module a language."""
