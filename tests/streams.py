"""Streams that tell what was done with them."""

import io


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size=-1, /):
        chunk = super().read(size)
        self.count += len(chunk)
        return chunk
