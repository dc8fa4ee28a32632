"""The built-in algorithms' own code; each image's `image.json` says which module trains and which serves."""
