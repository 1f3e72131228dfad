"""`fedicert bench`: what the running program does in a second, set against what this machine could do at best.

One module a bench, each with `NAME` and `run(bench)`. Each starts the program as processes of its own, drives it from
outside, and keeps medians and ratios; none judges by the clock alone.
"""
