"""An example package."""
