"""Pages as HTML documents that need nothing else; their styles, scripts and templates.

- ``sheet``: a study's pages, with a viewer, and in a folder of results with a review strip
- ``index``: the batch at a glance
- ``document``: what both are made with: templates, colours, the policy of what may run
"""
