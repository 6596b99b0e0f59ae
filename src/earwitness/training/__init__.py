"""Training: recipes, stages, steps, the loop, leave-out rounds and the run folder."""
