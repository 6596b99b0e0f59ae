"""How a corpus is split: every split says how it was made, and one that leaks is refused."""
