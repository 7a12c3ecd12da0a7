"""Synthetic breasts, duct trees and studies."""
