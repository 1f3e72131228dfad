"""Stories: the law told in villages, whole servers in one process, in the words of those who live under it."""
