"""A study to pages.

- ``undecided``: images that a person must still decide on
- ``blocks``: rows of cells
- ``strip``: the tomosynthesis of a breast
- ``timeline``: the exposures of one side along the clock
- ``notices``: what stands below the list of images: problems, and the legend
- ``inventory``: every image of the study, and what became of it
- ``frame``: header and footer of a page
- ``titles``: the line above a row
- ``compose``: all of this to pages
"""
