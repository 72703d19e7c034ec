"""From a night's manifest to SMS, letters and push messages: once each, to the right person.

Comes in: manifests as files with their signed receipts, journeys and messages that a manager wrote,
reports of gateways. Goes out: messages handed to gateways, and a ledger that knows of each what
became of it. It refuses what was not approved, what no published page proves, whom a rule protects,
and to try again what may have been sent. It lives without the generator's tables and keys: on
another machine, with another key.
"""
