"""Where Diabolocom has the recording of an interaction."""

from urllib.parse import quote


def recording_url(base_url: str, interaction_id: str) -> str:
    """Return the address of its content, an MPEG audio file for whoever has a token of the account."""
    return f"{base_url.rstrip('/')}/api/v1/recordings/interactions/{quote(interaction_id, safe='')}/content"
