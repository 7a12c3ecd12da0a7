"""Words and codes of ductography as data, and what a site lays over them.

The data are TOML files beside this one: one for each language, ``common``, ``agents`` and
``codes``. They pass through these files, in this order:

- ``tables`` turns TOML into terms: a phrase, its role, its language;
- ``codebook`` turns TOML into code entries, one spelling for each coding scheme;
- ``overlay`` reads and checks a site's own file;
- ``terms`` holds the result as one frozen ``Vocabulary``;
- ``folding`` brings phrases, and the texts they are looked for in, into one spelling.
"""
