"""The tests: `generator/` mirrors the package, `bench/` runs the real parts, `data/` holds golden cases."""
