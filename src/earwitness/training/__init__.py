"""Recipe, loop and run folder."""
