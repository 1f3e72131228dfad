"""Work that outlives a request: the worker and one module per kind of job."""
