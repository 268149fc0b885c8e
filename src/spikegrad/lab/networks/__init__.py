"""The networks that the lab trains."""
