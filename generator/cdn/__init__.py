"""Making the CDN forget what it has kept of files that changed or are gone.

Comes in: paths of the site, and the occasion on which they are to be forgotten. Goes out: a purge
that can be waited for. It refuses to know what lies at a path, or whose it is.
"""

from generator.cdn.items import cache_tag
from generator.cdn.opening import open_cdn
from generator.cdn.purging import Cdn, NoCdn, Purge

__all__ = ["Cdn", "NoCdn", "Purge", "cache_tag", "open_cdn"]
