"""Golden path: train, evaluate, export and register a tabular binary classifier."""
