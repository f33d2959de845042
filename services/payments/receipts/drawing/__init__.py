"""Redraws what somebody sent, in a process of its own that holds no secrets and is limited in memory and time (PAY-05).

    python -m services.payments.receipts.drawing < file       one line of JSON, then the bytes that are kept

Whatever a hostile file does to a decoder, it does here. The service (gateways/receipts.py) starts one process for
each file.
"""
