"""The grammar of WSL: its keywords, its terminals, its rules."""
