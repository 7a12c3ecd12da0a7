"""Commands to and from an archive: ``echo`` · ``pull`` · ``receive`` · ``send`` · ``watch``."""
