"""What gateways say later of messages that they took.

Comes in: receipts of an SMSC, requests of an HTTP gateway, letters that came back. Goes out:
``Report`` values, in the order in which they came, which is no order at all. It refuses to fail:
what cannot be read is a problem without a value, what tells nothing final is nothing.

A browser's push service says nothing later: that one is gone is its answer to the next message.
"""

from generator.send.reports.dsn import dsn_report, unsubscribed
from generator.send.reports.files import KINDS, read_reports, wishes_in
from generator.send.reports.http import ReportError, http_reports
from generator.send.reports.smpp import plain_id, receipt_of

__all__ = [
    "KINDS",
    "ReportError",
    "dsn_report",
    "http_reports",
    "plain_id",
    "read_reports",
    "receipt_of",
    "unsubscribed",
    "wishes_in",
]
