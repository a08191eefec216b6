"""Merge of the views, and the doors to it: REST, SQL, page."""
