"""`python -m wsl` is `wslang`."""

import sys

from wsl.tools.main import main

sys.exit(main())
