"""Runs from their first epoch to their result."""
