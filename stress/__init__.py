"""A realistic load on a server that runs somewhere: `python -m stress --help`."""
