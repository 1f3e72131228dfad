"""What `kill -9` leaves: the real server is killed over and over, and what it acknowledged must still come true."""

import pytest

pytest.register_assert_rewrite("tests.crash.rig")
