"""What gateways say later of messages that they took.

Comes in: receipts of an SMSC, requests of an HTTP gateway, letters that came back. Goes out:
``Report`` values, in the order in which they came, which is no order at all. It refuses to fail:
what cannot be read is a problem without a value, what tells nothing final is nothing.
"""

from generator.send.reports.smpp import plain_id, receipt_of

__all__ = ["plain_id", "receipt_of"]
