"""Pictures as they may be shown: decoded and encoded anew in a limited child process, with nothing else in them."""
