"""Words and codes of ductography as data, and their loader."""
