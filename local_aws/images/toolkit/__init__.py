"""What every algorithm image shares: the training contract, the serving contract, the supervisor.

Runs inside an image's own virtual environment, so it imports the standard library only.
"""
