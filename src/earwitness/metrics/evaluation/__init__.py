"""Everything there is to say about one set of scores."""
