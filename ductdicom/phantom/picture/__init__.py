"""The picture of a breast, from its shape to what lies on the film.

``raster`` draws and blurs · ``outline`` is the skin · ``ducts`` the trees in space · ``breast``
the tissue in one projection · ``marker`` the letters of lead.
"""
