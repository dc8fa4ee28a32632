"""Generate sample people: `PYTHONPATH=training_scripts python sample.py --output <folder>`."""

from __future__ import annotations

from library import adult_sample

if __name__ == "__main__":
    adult_sample.run()
