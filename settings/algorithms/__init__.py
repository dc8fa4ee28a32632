"""The built-in algorithms, a module each; standard library only, as functions carry them."""
