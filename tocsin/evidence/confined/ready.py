"""The smallest module that can be run behind walls: says that they stand."""

import sys

if __name__ == "__main__":
    sys.stdout.write("ready")
