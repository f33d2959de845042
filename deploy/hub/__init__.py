"""The network of organisations: a hub, each organisation's border with it, and the certificates between them."""
