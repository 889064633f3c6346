"""The recipe that made the embedded models: all-MiniLM-L6 -> dense teacher -> 90 % sparse, INT8-aware student.

README.md says how to run it; `python -m train --help` lists the options.
"""
