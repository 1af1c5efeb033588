"""The choice of a digit network: comparison, search, folds, ablation, speed."""
