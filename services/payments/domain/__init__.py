"""The rules of payments: facts in, decisions out. claims: what may be claimed; deciding: who may approve and release."""
