"""Deciding, pure: a study's headers in, its conclusions out.

In the order in which a study passes them:

- ``decide``: all of it together, from a `Study` to a `StudyCall`
- ``engine``: what deciding depends on besides the study: words, rules, limits and decisions
- ``image``: each object by itself, from its header to a `Seen`: what it is, and which view it shows
- ``exam``: what the examination is, by all objects together
- ``phase``: which views of a ductogram were exposed before the filling and which after it
- ``problems``: what a person should know of the study
- ``premises``: which images are called what they are because of decisions on others
- ``rules``, ``rules.toml``: every rule in words, for documentation and command line
"""
