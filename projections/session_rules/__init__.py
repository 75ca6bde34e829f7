"""The rules engine for sessions and their claims: units, modifiers, pairs, documentation, diagnoses, KX. Pure."""
