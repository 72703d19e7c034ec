"""Each command as its users meet it."""
