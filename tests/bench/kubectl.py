"""kubectl, bound to one server."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError
from .golang import last_line


@dataclass(frozen=True)
class Kubectl:
    """A kubectl program and the kubeconfig it uses; nothing of the user's own configuration is read or written."""

    binary: Path
    kubeconfig: Path

    def run(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl; never raises for its exit code."""
        # Discovery is cached by host and port, and ports come back: the cache must not outlive the server.
        own = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.kubeconfig.with_name('kubectl-cache')}"]
        return subprocess.run(
            [self.binary, *own, *args],
            input=stdin or "",
            env=os.environ | {"KUBERC": "off", "KUBECTL_APPLYSET": "true"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def apply(self, yaml_text: str, *flags: str) -> subprocess.CompletedProcess[str]:
        """Run `kubectl apply` on a stream of objects; never raises for its exit code."""
        return self.run("apply", *flags, "-f", "-", stdin=yaml_text)

    def must(self, *args: str, stdin: str | None = None) -> str:
        """Run kubectl and return its output.

        Raises BenchError if it fails.
        """
        done = self.run(*args, stdin=stdin)
        if done.returncode:
            raise BenchError(f"kubectl {' '.join(args)}: {last_line(done.stderr)}")
        return done.stdout
