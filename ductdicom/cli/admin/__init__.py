"""Commands about the program itself: ``doctor`` · ``rules`` · ``sample``."""
