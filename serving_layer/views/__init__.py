"""One file a question that is asked of the views."""
