"""Redraws what somebody sent, in a process of its own that holds no secret and may take only so much memory and time
(PAY-05).

    python -m services.payments.receipts.drawing < file       one line of JSON, then the bytes that are kept

Whatever a decoder does with a hostile file, it does here. The service (gateways/receipts.py) starts one for each file.
"""
