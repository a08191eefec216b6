"""How each door of a stack is tried."""
