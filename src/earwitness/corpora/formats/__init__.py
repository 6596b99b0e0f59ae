"""Data of one's own, in the formats of the field: one file each, `CARD` and `scan(root, ...) -> Corpus`."""
