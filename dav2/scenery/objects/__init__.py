"""Things: every object is a function `rng -> list[Part]` and stands on z = 0."""
