"""Double descent: the error against samples, and against width."""
