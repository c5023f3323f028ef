"""Slides of each lesson, made from its page, its demo's figures and its instructor notes.

Nothing is written twice. `prose` picks the sentences that a slide shows, `pieces` measures what
they take and fills slides, `deck` goes through a lesson's page, `homes` finds the slide that a
note or a figure speaks of, `make` writes the files. The author guide has the rules in words.
"""
