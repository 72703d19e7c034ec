"""What every room needs: errors with a place, ids, money, dates, text, YAML, the border's models.

Comes in: bytes and words that people wrote. Goes out: exact values, or problems that say where,
what and how to mend it. It refuses to know anything of clients, pages or keys.
"""
