"""The peers that are measured beside sealpress, on the same fields and the same markup.

In comes a file of pages (``write_pages``), a line for each client with every text of the page;
out goes what it cost a peer to write them all, one file for each client, as a ``Cost``. A peer is
installed below ``build/bench-tools`` (``prepare``), at the versions that are written in this
folder, and is refused nothing that makes it faster:

* Sums, coupons, dates and amounts are worked out and formatted **before** it starts, and so is
  its input in the form that it likes best. Ours reads the tables and does all that in its time.
* Words are put into its templates before it starts, a template for each language, as ours are.
* Everything it does beside writing the pages is off: feeds, lists, sitemaps, minifying, caches.
* Hugo, Eleventy and Pelican **do not encrypt**: their pages are open to whoever has the address.
* StatiCrypt and pagecrypt encrypt, and only that: they start from pages that were rendered before.
* Nothing of ours is in their way: node's heap may take most of the machine, and Pelican streams.

They render each page whole, where ours renders once what many pages share. They leave out what
ours does besides: a manifest, the leak gate, a commit that is all or nothing. A test holds, with
``same``, that a peer's page says what ours says.
"""

from bench.peers.cost import Cost, measured
from bench.peers.fields import Fields, every_page, fields_of, page_values
from bench.peers.generators import Eleventy, Hugo, Pelican
from bench.peers.pages import plain, read_pages, same, write_pages
from bench.peers.sealers import Pagecrypt, StatiCrypt
from bench.peers.tools import TOOLS, Peer

__all__ = [
    "TOOLS",
    "Cost",
    "Fields",
    "Peer",
    "every_page",
    "fields_of",
    "measured",
    "page_values",
    "peers",
    "plain",
    "read_pages",
    "same",
    "write_pages",
]


def peers() -> list[Peer]:
    """All peers: those that only write pages, then those that seal pages rendered before."""
    return [
        Hugo(),
        Eleventy(),
        Pelican(),
        StatiCrypt(),
        StatiCrypt(each=True),
        Pagecrypt(),
    ]
