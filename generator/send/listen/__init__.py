"""Where answers come in: reports of gateways, and what clients answer to letters.

Comes in: requests of gateways, and of clients who follow a link of a letter. Goes out: reports,
votes, likes and unsubscribing, given to whoever keeps them; pages that say so. A look changes
nothing: scanners of mail follow every link, so what is recorded is what was sent by a button. It
refuses to name anybody: whoever has a link has 26 random characters, and learns nothing by them.
"""

from generator.send.listen.desk import Answers, Asked, Desk, Reply
from generator.send.listen.pages import Pages
from generator.send.listen.server import Listener

__all__ = ["Answers", "Asked", "Desk", "Listener", "Pages", "Reply"]
