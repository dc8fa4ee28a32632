"""SageMaker Studio: domains, user profiles, spaces, apps and lifecycle configurations.

The control plane is here; nothing runs in an app.
"""
