"""The command line: runs the bridge, and speaks with the one that runs over its local socket.

What a short command (`lock-bridge door press 1`) does not need is imported only by those that do: no asyncio, no
database, no library on its way.
"""
