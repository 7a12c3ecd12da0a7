"""Synthetic breasts, duct trees and studies.

``picture`` makes a breast · ``exposure`` takes its image · ``orientation`` turns it as stored ·
``spec`` says what its header shall hold, in ``codes`` · ``technique`` and ``dataset`` write that
down · ``documents`` are objects beside the images · ``jpeg`` and ``files`` make a file of each ·
``studies`` are the examinations, ``samples`` all of them.
"""
