"""Pictures: figures are pure functions, widgets are callbacks over them."""
