"""Conversations with inbound sales: replies become events, and nobody is answered twice."""
