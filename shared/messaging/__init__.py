"""How events travel: written in the transaction (outbox), published after it (relay), heard once (inbox)."""
