"""What we owe, where it goes, and whether it may have left."""
