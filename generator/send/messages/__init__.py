"""What clients are told: SMS, letters and push messages of ``content/messages``.

Comes in: files that a manager wrote, in every locale of the site, and a client's values
(``message_values``). Goes out: texts, ready for a gateway. It refuses a name that nobody gives, a
second link in an SMS, an amount in a push, a word of promotion in a service message, and what the
operator forbade: all of it when messages are loaded, before a client's turn comes.
"""

from generator.send.messages.headers import Answers, answer_links, letter_headers
from generator.send.messages.load import load_messages
from generator.send.messages.message import Message, Messages, Rendered, content_id, render
from generator.send.messages.parts import Parts, cost, parts_of, split
from generator.send.messages.values import message_values

__all__ = [
    "Answers",
    "Message",
    "Messages",
    "Parts",
    "Rendered",
    "answer_links",
    "content_id",
    "cost",
    "letter_headers",
    "load_messages",
    "message_values",
    "parts_of",
    "render",
    "split",
]
