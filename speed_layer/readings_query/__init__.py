"""Query ``readings``: validates, drops repeats, keeps readings and latest states."""
