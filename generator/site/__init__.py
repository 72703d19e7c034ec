"""What changed, what is written, what is gone: the site as files, their headers, a server."""
