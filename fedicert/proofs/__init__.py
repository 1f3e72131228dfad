"""Signature bases, digests, canonical forms. Pure."""
