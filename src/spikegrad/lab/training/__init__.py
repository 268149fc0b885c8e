"""How a network becomes a trained one, and what of that lies on disk."""
