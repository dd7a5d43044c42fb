"""The public ledger and the private audit log: Merkle tree, signed notes, checkpoints, receipts, verifier."""
