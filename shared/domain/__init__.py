"""The pipeline's rules: pure, without I/O, clock, randomness or vendor."""
