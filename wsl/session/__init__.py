"""The stages tied together: what embedding programs hold."""

from wsl.session.exit_codes import exit_code
from wsl.session.session import Session
from wsl.session.settings import Settings

__all__ = ["Session", "Settings", "exit_code"]
