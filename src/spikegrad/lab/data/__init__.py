"""What a network of the lab learns from, and how it is turned into input over time."""
