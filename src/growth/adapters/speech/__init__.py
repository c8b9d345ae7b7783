"""Speech analysis by any vendor who speaks the neutral contract of docs/speech.md."""
