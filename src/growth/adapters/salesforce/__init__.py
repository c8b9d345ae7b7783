"""Salesforce, where accountants and their firms are kept."""
