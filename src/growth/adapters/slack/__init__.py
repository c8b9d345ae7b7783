"""Slack, by incoming webhooks: one secret URL for each channel."""
