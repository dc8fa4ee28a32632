"""An AWS on this machine: the `ministack` emulator, with what it lacks or gets wrong added by overlays.

It speaks AWS's APIs only and knows nothing of the stacks deployed to it. Start it with `python -m local_aws`.
"""
