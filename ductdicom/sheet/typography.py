"""The typographic system: one family, three sizes, one rhythm."""

TITLE_PX = 42
LABEL_PX = 32
SMALL_PX = 23
LEADING = 1.22  # line height over size
MARGIN_PX = 56
