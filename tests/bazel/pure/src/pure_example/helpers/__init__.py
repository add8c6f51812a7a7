"""What the package does for itself."""
