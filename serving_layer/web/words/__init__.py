"""What the page says, in each of its languages; a module a language."""
