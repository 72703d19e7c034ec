"""Theme, content and figures become HTML: client pages, shared parts, stage pages, the loader.

Comes in: values of the rooms above, and the secrets of shared parts as opaque texts. Goes out:
HTML fragments and files as bytes, the same for the same input. It refuses to seal, to write and
to calculate: every figure it shows was worked out before.
"""
