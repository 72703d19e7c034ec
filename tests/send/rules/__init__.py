"""Who is told, and when nobody is disturbed."""
