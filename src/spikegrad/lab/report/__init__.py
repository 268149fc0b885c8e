"""What a person is shown: lines and tables on the console, and pictures."""
