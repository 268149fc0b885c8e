"""The application on top of the library: data, networks, training, reports, command line.

Nothing in the core imports it, and it needs the extra: `pip install '.[lab]'`.
"""
