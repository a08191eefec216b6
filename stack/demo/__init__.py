"""The demo: the main job on real input, and the report of what came out."""
