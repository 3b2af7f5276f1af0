"""Every command of the installed package explains itself, with the versions that are installed."""
import subprocess, sys
from importlib.metadata import distribution
from pathlib import Path

commands = [entry.name for entry in distribution("denseaspp").entry_points if entry.group == "console_scripts"]
assert len(commands) >= 5, commands
for command in commands:
    done = subprocess.run([Path(sys.executable).with_name(command), "--help"], capture_output=True, text=True)
    if done.returncode or "usage" not in done.stdout: sys.exit(f"{command} --help: {done.stdout}{done.stderr}")
print(f"{len(commands)} commands: {', '.join(commands)}")
