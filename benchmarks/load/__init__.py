"""What the benchmarks of the doors share: a lean client, processes and their CPU time, the floor server."""
