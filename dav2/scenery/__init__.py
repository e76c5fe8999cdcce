"""What scenes are made of: objects, places and light, described without a renderer."""

# Raised whenever a seed gives other pictures: a set that an older one began is not gone on with.
VERSION = 4
