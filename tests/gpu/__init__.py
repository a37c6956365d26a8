"""What renders on a GPU, tried on a processor with tiny models of random numbers."""
