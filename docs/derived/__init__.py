"""What the site derives from the code when it is built; `docs/hooks.py` hands it to MkDocs."""
