"""The tests; a package, so that no installed distribution's own `tests` is taken for it."""
