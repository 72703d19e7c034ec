"""Who is told what: files that a manager wrote, and what comes next."""
