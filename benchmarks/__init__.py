"""What `make bench` measures. How to read it: docs/benchmarks.md."""
