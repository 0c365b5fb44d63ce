"""What the program costs, side by side with what cannot be avoided: `make bench`."""
