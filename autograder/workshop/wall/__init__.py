"""The wall: what the room is at, for the instructor to project. A service of the hub."""
