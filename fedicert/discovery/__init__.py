"""Meet something remote: fetch, judge, record. No transaction is held across the network."""
