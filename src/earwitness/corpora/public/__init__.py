"""The public corpora of the field, one file each: `CARD` and `scan(root) -> Corpus`."""
