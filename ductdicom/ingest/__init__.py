"""From bytes to values: the only room that reads headers."""
