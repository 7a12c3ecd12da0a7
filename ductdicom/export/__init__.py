"""One module a format, one function each: the only room that writes."""
