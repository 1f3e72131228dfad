"""What `kill -9` leaves: the real server is killed over and over, and what it acknowledged must still come true."""
