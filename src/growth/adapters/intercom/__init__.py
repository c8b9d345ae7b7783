"""Intercom, where inbound sales talks with people: one workspace for each country that has one."""
