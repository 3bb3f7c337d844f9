"""What the rules ask for once a mail is stored: files of links, outgoing webhooks."""
