"""What scenes are made of: objects, places and light, described without a renderer."""
