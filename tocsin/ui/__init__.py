"""Shared templates, components, design tokens and icons. No rules, no tables."""
