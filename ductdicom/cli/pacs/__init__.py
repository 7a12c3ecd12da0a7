"""Commands that speak to an archive: ``echo`` · ``receive``."""
