"""Netlify: it takes a whole site at once, by the digests of its files (decision 0015).

``site.py`` deploys and rolls back, ``api.py`` asks and waits, ``deploy.py`` and ``files.py`` are
what it talks about, ``pages.py`` looks for a client's page in old deploys. Nothing is imported
here: who publishes elsewhere loads none of it.
"""
