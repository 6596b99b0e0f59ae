"""Published systems, one file each, found through one dict of lazy import strings."""
