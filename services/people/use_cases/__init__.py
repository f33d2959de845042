"""What can happen to a person's record, one async verb each."""
