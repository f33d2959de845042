"""What pages and the API show. Whether something is overdue or on the board is the domain's to say."""
