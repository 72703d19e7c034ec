"""Why somebody is not told something, and when somebody may be.

Comes in: an entry of a manifest, what the ledger knows of its client, the settings. Goes out: for
each message a channel, an address and the first moment at which nobody is disturbed; or the
reason why it is withheld. It keeps nothing, asks nobody and has no clock: whoever plans and
whoever sends ask it again.
"""

from generator.send.rules.address import address_of, mail_of, phone_of
from generator.send.rules.caps import Sent, capped
from generator.send.rules.choose import Choice, Known, Refusal, Wish, choose, choose_each
from generator.send.rules.consent import Said, consent_to
from generator.send.rules.holdout import is_held_out
from generator.send.rules.quiet import allowed_at, sleepless
from generator.send.rules.wall import shown_at

__all__ = [
    "Choice",
    "Known",
    "Refusal",
    "Said",
    "Sent",
    "Wish",
    "address_of",
    "allowed_at",
    "capped",
    "choose",
    "choose_each",
    "consent_to",
    "is_held_out",
    "mail_of",
    "phone_of",
    "shown_at",
    "sleepless",
]
