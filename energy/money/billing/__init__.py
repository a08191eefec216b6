"""A bill from its parts: days with their rules, lines before taxes, taxes, totals."""
