"""Further processes: quick to start, or to die in the middle of their work."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

# A forked process has what a fresh one needs ten seconds to import; where that is not safe, it starts afresh.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"


def kill_while(code: str, folder: Path) -> None:
    """Run code in a process of its own that kills itself in the middle (`die()`), without any clean-up."""
    prelude = f"""
        import os, signal
        from pathlib import Path
        from radiobundle.files import *
        from radiobundle.result_set import *
        import radiobundle.result_set as sets
        folder = Path({str(folder)!r})
        def die(*args, **kwargs):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)], check=False)
    assert done.returncode == -9
