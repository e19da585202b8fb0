"""Where numbers come from: versions, command line, machine, commit. No torch import, no names of people or hosts."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from zsbench.errors import ZsbenchError

PACKAGES = ("zsbench", "torch", "numpy", "h5py")


@dataclass(frozen=True)
class Provenance:
    """What one run was: enough to repeat it, nothing that names a person or a machine."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Installed packages (and `python`); a package that is not installed is left out."""
    command: str = ""
    """The command line, with the home folder written `~`."""
    platform: str = ""
    cpu: str = ""
    device: str = ""
    commit: str = ""
    """Commit of the zsbench checkout that ran; empty outside a checkout."""
    dirty: bool | None = None
    """Whether tracked files of that checkout were changed; None outside a checkout."""
    started: str = ""
    """UTC, ISO 8601."""

    def to_json(self) -> str:
        """Return one line of JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read what `to_json` wrote; keys of newer versions are left out, anything else raises `ZsbenchError`."""
        known = {f.name for f in dataclasses.fields(cls)}
        try:
            return cls(**{key: value for key, value in json.loads(text).items() if key in known})
        except (AttributeError, TypeError, ValueError) as error:
            raise ZsbenchError(f"unreadable provenance: {error}") from error


def collect(device: str = "cpu", command: Sequence[str] | None = None) -> Provenance:
    """Describe the run that starts now on `device`; `command` defaults to this process's own."""
    commit, dirty = _checkout(Path(__file__).resolve().parents[1])
    return Provenance(
        versions=versions(),
        command=command_line(sys.argv if command is None else command),
        platform=platform.platform(),
        cpu=cpu_model(),
        device=device,
        commit=commit,
        dirty=dirty,
        started=now(),
    )


def now() -> str:
    """Return the present moment in UTC, ISO 8601 to the microsecond: such texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def versions() -> dict[str, str]:
    """Return the installed version of each package that a number may depend on, and of Python."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def command_line(words: Sequence[str]) -> str:
    """Join a command line as a shell would read it; the program by its bare name, the home folder as `~`."""
    if not words:
        return ""
    home = os.path.expanduser("~")
    arguments = [w.replace(home, "~") if home not in ("", "/", "~") else w for w in words[1:]]
    program = "zsbench" if Path(words[0]).stem == "__main__" else Path(words[0]).name
    return " ".join([shlex.quote(program), *(shlex.quote(w) for w in arguments)])


def cpu_model() -> str:
    """Return the processor's name as the system gives it; empty if it gives none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: ask Python
    return platform.processor() or platform.machine()


def _checkout(root: Path) -> tuple[str, bool | None]:
    if not (root / ".git").exists():
        return "", None
    commit = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return (commit or "", None if changed is None else bool(changed))


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None  # git is missing or refuses this folder: provenance says nothing rather than something wrong
    return done.stdout.strip()
