"""Commands that speak to an archive: ``echo`` · ``pull`` · ``receive``."""
