"""What the words and codes of a header mean; this room knows texts and codes, and no study.

A text passes through these files, in this order:

- ``lexicon`` finds the vocabulary's phrases in it and gives each phrase its roles;
- ``view_words`` gives roles to acronyms that are glued together (LCC, RMLO);
- ``connectives`` tells what may stand between a marker and its noun;
- ``negations`` tells what takes a phrase back (*not yet injected*);
- ``phrases`` reads which phrases say before the filling, and which after;
- ``side`` and ``injection`` read the side, and the number of the duct or filling;
- ``text`` puts all of it together: a text in, its ``Reading`` out.

Fields of their own kind have their own readers:

- ``agents`` reads the contrast agent as it is typed;
- ``codes`` reads coded views, sides, agents, routes and procedures, and a route as it is typed.
"""
