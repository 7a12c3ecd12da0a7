"""Which views of a ductogram were exposed before the filling, and which after it.

In the order in which the images of a study pass them:

- ``phases``: all of it together
- ``image_rules``: what each image says of itself
- ``side``: the images of one breast, among which phases are decided
- ``timeline``: in which order they were exposed
- ``weigh``: which of the reasons tell them apart, and so count
- ``splits``: what labels say that all later images carry and no earlier one does
- ``contradictions``: which phases stand in an order that cannot be, and are unknown
- ``inference``: what the order adds: inferred phases
- ``suggestions``: what may be asked where no image of a breast has a phase
- ``injections``: which filling each post image shows
- ``problems``: what a person should know of it
"""
