"""Commands that read an export: ``check`` · ``scan`` · ``explain`` · ``sheet`` · ``organise``."""
