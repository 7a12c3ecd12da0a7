"""What the words and codes of a header mean; this room knows texts and codes, and no study.

A text passes through these files, in this order:

- ``lexicon`` finds the vocabulary's phrases in it;
- ``misspelt`` knows a name that is one letter off;
- ``view_words`` knows acronyms that are glued together (LCC, RMLO);
- ``parts`` holds the text as a row of phrases, each with the parts that it may play;
- ``homonyms`` settles short words that mean different things (SIN, DR, CC);
- ``negations`` tells what takes a phrase back (*not yet injected*);
- ``phrases`` reads which phrases say before the filling, and which after;
- ``short_words`` tells whether a short word may play its part beside the others;
- ``whole`` tells whether all of the text is understood, ``labels`` what a word says that only
  some images of a breast carry;
- ``side`` and ``injection`` read the side, and the number of the duct or filling;
- ``text`` puts all of it together: a text in, its ``Reading`` out.

Fields of their own kind have their own readers:

- ``agents`` reads the contrast agent as it is typed;
- ``codes`` reads coded views, sides, agents, routes and procedures, and a route as it is typed.
"""
