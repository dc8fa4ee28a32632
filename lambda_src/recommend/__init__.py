"""Answers `POST /recommendations`: which mysfit suits the person who filled in the quiz."""
