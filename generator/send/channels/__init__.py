"""Ways to reach clients: each takes messages to one gateway and says what became of each.

Comes in: a channel's settings with the secret that they name, and messages. Goes out: an outcome
for every message. It refuses to guess: what may have reached a gateway is unknown, and is never
tried again here. A gateway's module is imported only when a channel of its kind is opened.
"""

from generator.send.channels.channel import Handing, open_channel, secret_of

__all__ = ["Handing", "open_channel", "secret_of"]
