"""The stacks: each composes constructs, makes the grants between them and exports what operators read."""
