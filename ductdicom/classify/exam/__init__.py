"""What the examination is: a ductogram, a plain or a contrast mammogram, or none of the breast.

- ``rules``: the signs that are looked for
- ``exam``: what follows from them
"""
