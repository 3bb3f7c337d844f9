"""What people read in Telegram."""
