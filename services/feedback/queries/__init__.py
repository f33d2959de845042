"""What pages and the API show. The domain decides whether something is overdue or on the board."""
