"""What the emulator leaves out of a VPC: interfaces of services, and EC2's filters."""
