"""Make, seal, open and use keys; passwords and tokens. Before a unit of work, never inside one."""
