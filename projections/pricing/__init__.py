"""What a service should bring, and what it brought. Pure: rule packs and contracts in, amounts with their steps out."""
