"""What people, servers and admins do: one verb per function, inside one unit of work. Never the network."""
