"""The rules of a web ACL (WAF): which request they let through, and how one is answered that they don't."""
