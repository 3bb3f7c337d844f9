"""What happens to a mail: the ordered stage table, then one module per stage."""
